# SPDX-License-Identifier: BSD-3-Clause
"""Cases of the paper exchange, fills counted by hand: section 6, and of section 15 what decides about a fill. Both the
reference and the program must give exactly these."""
import paper_bytes as bytes_
from paper_case import IEX, ITCH, PILLAR, case, tops

# Section 6.

def in_line(c, m):
    m.add(1, "B", 100, 10.00)
    m.add(2, "B", 200, 10.00)
    c.buy(1, 100, 10.00)
    m.add(3, "B", 50, 10.00)
    m.execute(1, 100)
    m.modify(2, 50, 10.00, True) if m.venue == "pillar" else m.cancel(2, 150)
    m.delete(3)
    m.execute(2, 50)


@case((ITCH, PILLAR))
def s6_1_exact_line(c, m):
    in_line(c, m)
    m.add(4, "B", 70, 10.00)
    m.execute(4, 30)
    m.execute(4, 40)
    c.fill(1, 30, 10.00, "a", 300)
    c.fill(1, 40, 10.00, "a", 300)
    c.ends(1, "PART", 70, 30)


@case((ITCH, PILLAR))
def s6_2_sell_reaches(c, m):
    in_line(c, m)
    m.add(9, "S", 20, 10.00)
    c.fill(1, 20, 10.00, "c", 300)
    c.ends(1, "PART", 20, 80)


@case((ITCH, PILLAR))
def s6_3_worse_bid_executes(c, m):
    m.add(1, "B", 500, 9.99)
    m.add(2, "B", 50, 10.00)
    c.buy(1, 100, 10.00)
    m.execute(1, 500)
    c.fill(1, 100, 10.00, "b", 50)
    c.ends(1, "FILLED", 100, 0)


@case(IEX)
def s6_4_levels(c, m):
    m.level("B", 10.00, 100)
    c.buy(1, 100, 10.00)
    m.level("B", 10.00, 80)
    m.trade(20, 10.00)
    m.trade(90, 10.00)
    c.fill(1, 30, 10.00, "a", 100)
    c.ends(1, "PART", 30, 70)


@case((ITCH, PILLAR))
def s6_5_taking(c, m):
    for ref, qty, px in ((1, 100, 10.10), (2, 100, 10.11), (3, 300, 10.12)):
        m.add(ref, "S", qty, px)
    c.buy(1, 250, 10.11)
    c.buy(2, 250, 10.11, "ioc")
    m.delete(1)
    m.add(4, "S", 40, 10.10)
    c.buy(3, 250, 10.11, "ioc")
    c.fill(1, 100, 10.10, "take")
    c.fill(1, 100, 10.11, "take")
    c.fill(1, 40, 10.11, "c", 0)  # our rest of 50 rests at .11, and 40 appear below
    c.ends(1, "PART", 240, 10)
    c.ends(2, "CANCELLED", 0, 0, "dead")
    c.ends(3, "CANCELLED", 0, 0, "dead")


@case((ITCH, PILLAR))
def s6_5_taking_ioc(c, m):
    for ref, qty, px in ((1, 100, 10.10), (2, 100, 10.11), (3, 300, 10.12)):
        m.add(ref, "S", qty, px)
    c.buy(1, 250, 10.11, "ioc")
    c.buy(2, 250, 10.11, "3")
    m.delete(1)
    m.add(4, "S", 40, 10.10)
    c.buy(3, 250, 10.11, "ioc")
    c.fill(1, 100, 10.10, "take")
    c.fill(1, 100, 10.11, "take")
    c.fill(3, 40, 10.10, "take")
    c.ends(1, "CANCELLED", 200, 0, "I")
    c.ends(2, "CANCELLED", 0, 0, "dead")
    c.ends(3, "CANCELLED", 40, 0, "I")


@case(tops)
def s6_6_touch(c, m):
    m.quote(10, 10.00, 10.05, 100)
    c.buy(1, 50, 10.00)
    for n in (3, 4, 2, 3):
        m.trade(n, 10.00)
    c.fill(1, 2, 10.00, "a", 10)
    c.ends(1, "PART", 2, 48)


# C1 to C3: rows and where they stand.

@case(ITCH)
def c1_ties_by_number(c, m):
    m.add(1, "B", 100, 9.90)
    t = m.ts - 500_000
    c.buy(10, 10, 10.00, ts=t)
    c.buy(9, 10, 10.00, ts=t)
    c.row("new", 9, "S", 10, 9.90, ts=t + 1, symbol="OTHER", venue="IEX")  # its leg is that of the first row; ignored
    m.execute(1, 15)
    c.fill(9, 10, 10.00, "b", 0)
    c.fill(10, 5, 10.00, "b", 0)
    c.ends(9, "FILLED", 10, 0)
    c.ends(10, "PART", 5, 5)


@case(ITCH)
def c1_rows_in_any_order(c, m):
    m.add(1, "B", 100, 9.90)
    t = m.ts - 500_000
    c.row("cancel", 1, ts=t + 2)
    c.buy(1, 10, 10.00, ts=t)
    c.row("replace", 1, "B", 20, "", "0", ts=t + 1)
    m.execute(1, 15)
    c.ends(1, "CANCELLED", 0, 0, "U")


@case((ITCH, PILLAR))
def c2_at_the_same_time(c, m):
    t = m.ts
    m.add(1, "B", 100, 10.00)
    c.buy(1, 10, 10.00, ts=t)  # behind the order of the same time
    c.buy(2, 10, 10.00, ts=t - 1)  # before it
    m.execute(1, 100)
    m.add(2, "B", 100, 10.00)
    m.execute(2, 15)
    c.fill(2, 10, 10.00, "a", 0)
    c.fill(1, 10, 10.00, "a", 100)
    c.ends(1, "FILLED", 10, 0)
    c.ends(2, "FILLED", 10, 0)


@case((ITCH, PILLAR, IEX), tail=False)
def c3_not_reached(c, m):
    m.close() if m.venue != "pillar" else m.status("O")
    newest = m.ts - bytes_.MS
    m.system("C") if m.venue != "pillar" else m.status("O")
    c.buy(1, 10, 10.00, ts=newest + bytes_.MS + 1)
    c.buy(2, 0, 10.00, ts=newest + bytes_.MS)
    c.ends(1, "NEW", 0, 10)
    c.ends(2, "REJECTED", 0, 0, "rejected")


@case((PILLAR, IEX), tail=False)
def c3_heartbeat(c, m):
    """What packets say of the time is exchange time too."""
    m.at += 1000
    t = m.ts
    m.put()
    c.buy(1, 10, 10.00, ts=t)
    c.buy(2, 10, 10.00, ts=t + 1)
    c.ends(1, "LIVE", 0, 10)
    c.ends(2, "NEW", 0, 10)


# C4 to C11: evidence.

@case((ITCH, PILLAR))
def c4_broken_queue(c, m):
    m.add(1, "B", 100, 10.00)
    c.buy(1, 30, 10.00)
    m.add(2, "B", 50, 10.00)
    m.execute(2, 10)  # one behind us before the one ahead
    m.execute(1, 100)
    m.execute(2, 15)
    c.fill(1, 10, 10.00, "a", 100)
    c.fill(1, 15, 10.00, "a", 100)
    c.ends(1, "PART", 25, 5)


@case((ITCH, PILLAR))
def c5_one_budget(c, m):
    c.buy(1, 30, 10.01)
    c.buy(2, 30, 10.00)
    c.buy(3, 30, 10.01)
    m.add(1, "B", 50, 9.99)
    c.buy(4, 30, 9.99)
    m.add(2, "B", 200, 9.99)
    c.buy(5, 100, 9.99)
    m.execute(2, 110)
    c.fill(1, 30, 10.01, "b", 0)
    c.fill(3, 30, 10.01, "b", 0)
    c.fill(2, 30, 10.00, "b", 0)
    c.fill(4, 20, 9.99, "a", 50)
    c.ends(4, "PART", 20, 10)
    c.ends(5, "LIVE", 0, 100)


@case((ITCH, PILLAR))
def c6_locks_the_real_book(c, m):
    m.add(1, "B", 100, 10.01)
    c.buy(1, 30, 10.00)
    m.add(2, "S", 50, 10.00)
    m.delete(2)
    m.delete(1)
    m.add(3, "B", 40, 9.99)
    c.buy(2, 30, 9.99)
    m.add(4, "S", 50, 9.98)  # reaches both; 40 stand before the second one
    c.fill(1, 30, 10.00, "c", 0)
    c.ends(1, "FILLED", 30, 0)
    c.ends(2, "LIVE", 0, 30)


@case((ITCH, PILLAR))
def c7_growth(c, m):
    m.add(1, "S", 20, 10.00)
    c.buy(1, 100, 10.00)
    c.buy(2, 100, 9.98)
    m.replace(1, 2, 50, 9.99, side="S") if m.venue == "pillar" else m.replace(1, 2, 50, 9.99)
    m.replace(2, 3, 90, 9.98, side="S") if m.venue == "pillar" else m.replace(2, 3, 90, 9.98)
    m.replace(3, 4, 10, 9.97, side="S") if m.venue == "pillar" else m.replace(3, 4, 10, 9.97)
    c.fill(1, 20, 10.00, "take")
    c.fill(1, 30, 10.00, "c", 0)
    c.fill(1, 40, 10.00, "c", 0)
    c.fill(2, 50, 9.98, "c", 0)
    c.ends(1, "PART", 90, 10)
    c.ends(2, "PART", 50, 50)


@case(PILLAR)
def c8_modify(c, m):
    m.add(1, "B", 100, 10.00)
    m.add(2, "B", 100, 10.00)
    c.buy(1, 100, 10.00)
    m.add(3, "B", 100, 10.00)
    m.modify(1, 60, 10.00, True)   # ahead 160
    m.modify(2, 130, 10.00, True)  # ahead 190
    m.modify(3, 120, 10.00, True)  # behind us
    m.execute(2, 130)
    m.modify(1, 80, 10.00, False)  # to the back: ahead 0
    m.execute(1, 10)
    m.modify(3, 50, 10.01, True)   # another price, whatever the flag says
    m.modify(3, 50, 10.00, True)
    m.execute(3, 20)
    c.fill(1, 10, 10.00, "a", 200)
    c.fill(1, 20, 10.00, "a", 200)
    c.ends(1, "PART", 30, 70)


@case(PILLAR)
def c8_modify_is_evidence(c, m):
    m.add(1, "S", 20, 10.00)
    c.buy(1, 100, 10.00)
    m.modify(1, 50, 10.00, True, side="S")
    m.modify(1, 30, 10.00, True, side="S")
    m.modify(1, 40, 10.00, False, side="S")
    c.buy(2, 10, 10.00, "ioc")  # the level was emptied in between: taken is 10
    c.fill(1, 20, 10.00, "take")
    c.fill(1, 30, 10.00, "c", 0)
    c.fill(1, 10, 10.00, "c", 0)
    c.fill(2, 10, 10.00, "take")
    c.ends(1, "PART", 60, 40)


@case(PILLAR)
def c9_refresh(c, m):
    m.add(1, "B", 100, 9.99)
    c.buy(1, 100, 10.00)
    m.refresh(2, "S", 50, 10.00)
    m.execute(1, 100)  # nothing: unknown
    c.buy(2, 60, 10.00)
    c.replace(1, "B", 99, 10.00)  # keeps its place, and what is not known of it
    m.add(3, "S", 5, 9.98)
    c.fill(2, 50, 10.00, "take")
    c.fill(2, 5, 10.00, "c", 0)
    c.ends(1, "LIVE", 0, 99)
    c.ends(2, "PART", 55, 5)


@case(ITCH)
def c10_at_the_displayed_price(c, m):
    m.add(1, "B", 50, 10.00)
    c.buy(1, 100, 10.00)
    m.execute(1, 20, 1, "Y", 10.03)
    m.execute(1, 40, 2, "Y", 9.00)  # of which the book has 30
    m.add(2, "B", 10, 10.00)
    m.execute(2, 40, 3, "Y", 9.00)  # 10
    c.fill(1, 10, 10.00, "a", 50)
    c.ends(1, "PART", 10, 90)


@case(ITCH)
def c11_never_evidence(c, m):
    m.add(1, "B", 50, 10.00)
    c.buy(1, 100, 10.00)
    m.add(2, "B", 500, 9.99)
    m.execute(1, 50, 1, "N", 10.00)  # takes what is ahead
    m.cross(500, 9.00)
    m.execute(2, 100, 2, "N", 9.99)
    m.add(3, "B", 30, 10.00)
    m.execute(3, 10, 3, "N", 10.00)
    m.execute(3, 10, 4, "Y", 10.00)
    c.fill(1, 10, 10.00, "a", 50)
    c.ends(1, "PART", 10, 90)


@case(PILLAR)
def c11_never_evidence_pillar(c, m):
    m.add(1, "B", 50, 10.00)
    c.buy(1, 100, 10.00)
    m.add(2, "B", 500, 9.99)
    m.execute(1, 50, 1, 10.00, 0)
    m.cross(500, 9.00)
    for cond in (b"@O  ", b"@5  ", b"@6  ", b"@ U ", b"@ Z "):
        m.execute(2, 10, 1, 9.99, 1, cond)
        m.hidden(10, 9.00, 2, 1, cond)
    m.hidden(10, 9.00, 2, 0)
    for cond in (b"@F  ", b"@7  ", b"@ T ", b"@  I", b"@  V", b"C   "):
        m.execute(2, 1, 1, 9.99, 1, cond)
        m.hidden(2, 9.00, 2, 1, cond)
        c.fill(1, 1, 10.00, "b", 50)
        c.fill(1, 2, 10.00, "d", 50)
    c.ends(1, "PART", 18, 82)


@case(IEX)
def c11_never_evidence_iex(c, m):
    m.level("B", 10.00, 10)
    c.buy(1, 100, 10.00)
    m.trade(50, 10.00, 1, 8)
    m.trade(50, 9.00, 1, 8)
    m.trade(12, 10.00, 1, 0x20 | 0x40 | 0x80 | 0x10)
    c.fill(1, 2, 10.00, "a", 10)
    c.ends(1, "PART", 2, 98)


# C12: self-match.

@case((ITCH, PILLAR))
def c12_self_match(c, m):
    m.add(1, "S", 30, 10.00)
    m.add(2, "S", 40, 10.01)
    c.sell(1, 50, 10.01)
    m.add(3, "S", 60, 10.01)
    c.buy(2, 60, 10.01)
    c.buy(3, 20, 10.02)  # 10 are still ahead of ours
    c.buy(4, 20, 10.00)
    c.fill(2, 30, 10.00, "take")
    c.fill(2, 30, 10.01, "take")
    c.fill(3, 10, 10.01, "take")
    c.ends(1, "LIVE", 0, 50)
    c.ends(2, "FILLED", 60, 0)
    c.ends(3, "CANCELLED", 10, 0, "Q")
    c.ends(4, "LIVE", 0, 20)


@case((ITCH, PILLAR))
def c12_replaced_meets_own(c, m):
    c.sell(1, 50, 10.01)
    c.buy(2, 60, 10.00)
    c.sell(3, 50, 10.05)
    m.add(3, "S", 60, 10.01)
    c.replace(2, "B", "", 10.02)
    c.replace(3, "S", "", 10.02)
    c.buy(4, 10, "", "ioc")
    m.add(4, "S", 10, 10.00)
    c.buy(5, 20, "", "ioc")
    c.fill(5, 10, 10.00, "take")
    c.ends(1, "LIVE", 0, 50)
    c.ends(2, "CANCELLED", 0, 0, "Q")
    c.ends(3, "LIVE", 0, 50)
    c.ends(4, "CANCELLED", 0, 0, "Q")
    c.ends(5, "CANCELLED", 10, 0, "Q")


@case(IEX)
def c12_self_match_levels(c, m):
    m.level("S", 10.01, 40)
    c.sell(1, 50, 10.01)
    m.level("S", 10.01, 90)
    c.buy(2, 60, 10.01)
    c.fill(2, 40, 10.01, "take")
    c.ends(2, "CANCELLED", 40, 0, "Q")


# C13, C14, C19: halts.

def halted(c, m, halt, resume):
    """An order before the halt, two in it; executions in and after it. The line moves on in the halt."""
    m.add(1, "B", 30, 10.00)
    m.add(2, "S", 30, 10.02)
    c.buy(1, 100, 10.00)
    halt()
    m.execute(1, 10)
    c.buy(2, 10, 10.02, "ioc")
    c.buy(3, 10, 10.02)
    c.buy(4, 10)
    c.sell(5, 10, 10.00)  # no self-match either
    m.delete(1)
    m.add(3, "B", 50, 10.00)
    resume()
    m.execute(3, 15)
    c.fill(3, 10, 10.02, "b", 0)
    c.fill(1, 5, 10.00, "a", 30)
    c.ends(1, "PART", 5, 95)
    c.ends(2, "CANCELLED", 0, 0, "dead")
    c.ends(3, "FILLED", 10, 0)
    c.ends(4, "CANCELLED", 0, 0, "dead")
    c.ends(5, "LIVE", 0, 10)


@case(ITCH)
def c13_halt(c, m):
    halted(c, m, lambda: m.status("H"), lambda: m.status("T"))


@case(ITCH)
def c13_pause(c, m):
    halted(c, m, lambda: m.status("P"), lambda: m.status("T"))


@case(ITCH)
def c13_quotation(c, m):
    halted(c, m, lambda: m.status("Q"), lambda: m.status("T"))


@case(ITCH)
def c13_operational(c, m):
    m.operational("B", "H")  # of another market
    halted(c, m, lambda: m.operational("Q", "H"), lambda: (m.status("T"), m.operational("Q", "T")))


def pillar_status(letter, until):
    def made(c, m):
        halted(c, m, lambda: m.status(letter), lambda: (m.status("A"), m.status("I"), m.status(until)))
    made.__name__ = f"c13_pillar_{letter}_until_{until}"
    case(PILLAR)(made)


for letter_, until_ in (("3", "5"), ("4", "5"), ("6", "E"), ("P", "O"), ("B", "E")):
    pillar_status(letter_, until_)


def levels_halted(c, m, halt, resume):
    m.level("B", 10.00, 30)
    m.level("S", 10.02, 30)
    c.buy(1, 100, 10.00)
    halt()
    m.trade(500, 10.00)
    m.trade(500, 9.00)
    c.buy(2, 10, 10.02, "ioc")
    c.buy(3, 10, 10.02)
    m.level("B", 10.00, 20)  # the line moves by level updates only
    m.level("S", 10.01, 20)
    resume()
    m.trade(25, 10.00)
    m.trade(25, 10.00)
    c.fill(3, 10, 10.02, "b", 0)
    c.ends(2, "CANCELLED", 0, 0, "dead")
    c.fill(1, 25, 10.00, "a", 30)
    c.ends(1, "PART", 25, 75)


@case(IEX)
def c19_halt(c, m):
    levels_halted(c, m, lambda: m.status("H"), lambda: m.status("T"))


@case(IEX)
def c19_order_acceptance(c, m):
    levels_halted(c, m, lambda: m.status("O"), lambda: m.status("T"))


@case(IEX)
def c19_operational(c, m):
    levels_halted(c, m, lambda: m.operational("O"), lambda: (m.status("T"), m.operational("N")))
