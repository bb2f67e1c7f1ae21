# SPDX-License-Identifier: BSD-3-Clause
"""Cases of the paper exchange, fills counted by hand: of section 15 what becomes of an order and its place (C15 to C18), what
levels and quotes show (C20 to C24), and its ends (C25 to C28). Both the reference and the program must give exactly these."""
from paper_case import IEX, ITCH, PILLAR, case, tops

BOTH = (ITCH, PILLAR)


# C15, C16: cancel and replace.

@case(BOTH)
def c15_cancel_keeps_the_place(c, m):
    m.add(1, "B", 10, 10.00)
    c.buy(1, 100, 10.00)
    m.add(2, "B", 100, 10.00)
    m.execute(1, 10)
    m.execute(2, 20)
    c.cancel(1, 100)  # not less than the total
    c.cancel(1, 50)
    m.execute(2, 20)
    c.cancel(1, 40)   # what is executed
    c.cancel(1)       # not live: ignored
    c.replace(1, "B", 100, 10.00)
    c.cancel(7)
    m.execute(2, 20)
    c.fill(1, 20, 10.00, "a", 10)
    c.fill(1, 20, 10.00, "a", 10)
    c.ends(1, "CANCELLED", 40, 0, "U")


@case(BOTH)
def c15_cancel_all(c, m):
    c.buy(1, 100, 10.00)
    c.buy(2, 100, 10.00)
    c.buy(3, 100, 10.00)
    m.add(1, "B", 30, 9.99)
    c.cancel(1)
    c.cancel(2, 0)
    m.execute(1, 30)
    c.cancel(3, 20)   # below what is executed
    m.add(2, "B", 1, 9.99)
    c.fill(3, 30, 10.00, "b", 0)
    for oid in (1, 2):
        c.ends(oid, "CANCELLED", 0, 0, "U")
    c.ends(3, "CANCELLED", 30, 0, "U")


@case(BOTH)
def c16_place_kept_or_lost(c, m):
    m.add(1, "B", 10, 10.00)
    c.buy(1, 100, 10.00)
    c.buy(2, 100, 10.00)
    m.add(2, "B", 70, 10.00)
    c.replace(1, "B", 80, 10.00)  # keeps
    c.replace(2, "B", 101)        # to the back: 80 ahead
    c.replace(1, "S", 30, 10.00)  # another side: ignored
    m.add(3, "B", 500, 10.00)
    m.execute(1, 10)
    m.execute(2, 30)  # ahead of order 2 now
    m.execute(3, 60)  # FIFO broken
    c.fill(1, 30, 10.00, "a", 10)
    c.fill(1, 50, 10.00, "a", 10)
    c.fill(2, 10, 10.00, "a", 80)
    c.ends(1, "FILLED", 80, 0)
    c.ends(2, "PART", 10, 91)


@case(BOTH)
def c16_replaces(c, m):
    m.add(1, "S", 50, 10.02)
    c.buy(1, 100, 10.00)
    c.buy(2, 100, 10.00)
    c.buy(3, 100, 10.00)
    c.replace(1, "B", 150, 10.02)      # walks first; total 150
    c.replace(2, "B", "", "", "ioc")   # another tif: an arrival, and nothing is there
    m.add(2, "B", 40, 9.99)
    m.execute(2, 30)
    c.replace(3, "B", 10)
    c.replace(1, "B", 50)              # what is executed
    m.execute(2, 10)
    c.fill(1, 50, 10.02, "take")
    c.fill(1, 30, 10.02, "b", 0)
    c.fill(3, 10, 10.00, "b", 0)
    c.ends(1, "CANCELLED", 80, 0, "replaced")
    c.ends(2, "CANCELLED", 0, 0, "dead")
    c.ends(3, "FILLED", 10, 0)


@case(BOTH)
def c16_nothing_is_not_zero(c, m):
    m.add(1, "B", 40, 9.99)
    c.buy(1, 100, 10.00)
    c.buy(2, 100, 10.00)
    c.replace(1, "B", 0)
    c.replace(2, "B")  # all as it was: keeps its place
    m.execute(1, 30)
    c.replace(2, "B", 0, 10.01)
    m.execute(1, 10)
    c.fill(2, 30, 10.00, "b", 0)
    c.ends(1, "CANCELLED", 0, 0, "replaced")
    c.ends(2, "CANCELLED", 30, 0, "replaced")


@case(BOTH)
def c16_ends_queue_unknown(c, m):
    m.add(1, "B", 10, 10.00)
    c.buy(1, 100, 10.00)
    c.buy(2, 100, 10.00)
    m.lose() if m.venue == "itch" else m.refresh(8, "S", 10, 11.00)
    m.add(2, "B", 20, 10.00)
    if m.venue == "itch":
        m.restart()
        m.add(5, "B", 30, 10.00)
    m.execute(2, 20) if m.venue == "pillar" else m.execute(5, 20)
    c.replace(1, "B", 100, 10.00)  # the same: place kept, unknown
    c.replace(2, "B", 100, 10.01)
    m.add(3, "B", 10, 10.00)
    m.execute(3, 10)
    c.fill(2, 10, 10.01, "b", 0)
    c.ends(1, "LIVE", 0, 100)
    c.ends(2, "PART", 10, 90)


# C17: suspect.

def suspect(c, m, after):
    """What arrives from here on is unknown from the start and does not walk; after: until the channel restarts."""
    c.buy(2, 100, 10.01)
    c.buy(3, 100, 10.10, "ioc")
    m.add(21, "S", 10, 9.00)
    m.add(22, "B", 10, 10.00)
    m.execute(22, 10)
    after()
    m.restart()
    m.add(31, "S", 50, 10.05)
    c.buy(4, 60, 10.05)
    m.add(32, "B", 100, 9.99)
    m.execute(32, 100)
    c.fill(4, 50, 10.05, "take")
    c.fill(4, 10, 10.05, "b", 0)
    c.ends(2, "LIVE", 0, 100)
    c.ends(3, "CANCELLED", 0, 0, "dead")
    c.ends(4, "FILLED", 60, 0)


@case(BOTH, 4)
def c17_midstream(c, m):
    suspect(c, m, lambda: None)


@case(BOTH)
def c17_hole(c, m):
    m.add(1, "B", 10, 9.99)
    c.buy(1, 100, 10.01)
    m.execute(1, 3)
    m.lose(2)
    m.execute(1, 3)
    suspect(c, m, m.clear if m.venue == "pillar" else lambda: None)
    c.want.insert(0, (str(c.first_id + 1), 3, 10010000, "b", 0))
    c.ends(1, "PART", 3, 97)


@case(BOTH)
def c17_unknown_order(c, m):
    m.add(1, "B", 10, 9.99)
    c.buy(1, 100, 10.01)
    m.execute(1, 3)
    m.execute(77, 3)
    m.execute(1, 3)
    suspect(c, m, lambda: None)
    c.want.insert(0, (str(c.first_id + 1), 3, 10010000, "b", 0))
    c.ends(1, "PART", 3, 97)


@case(PILLAR)
def c17_clear_is_not_suspect(c, m):
    m.add(1, "B", 10, 10.00)
    m.add(2, "S", 10, 10.05)
    c.buy(1, 10, 10.00)
    m.clear()
    m.add(3, "B", 10, 9.99)
    m.add(4, "S", 10, 10.05)
    c.buy(2, 20, 10.05)
    m.execute(3, 10)
    c.fill(2, 10, 10.05, "take")
    c.fill(2, 10, 10.05, "b", 0)
    c.ends(1, "LIVE", 0, 10)
    c.ends(2, "FILLED", 20, 0)


@case(ITCH)
def c2_hole_has_the_time_behind(c, m):
    m.add(1, "B", 100, 9.99)
    m.lose()
    m.at += 10
    c.buy(1, 100, 10.00, ts=m.ts - 1)  # before the hole, though after it was lost
    c.buy(2, 100, 10.00, ts=m.ts)      # behind the message behind the hole
    m.execute(1, 10)
    m.restart()
    m.add(2, "B", 100, 9.99)
    m.execute(2, 10)
    c.ends(1, "LIVE", 0, 100)
    c.ends(2, "LIVE", 0, 100)


@case((IEX, tops))
def c17_levels(c, m):
    show = (lambda n: m.level("B", 10.00, n)) if m.protocol == 0x8004 else (lambda n: m.quote(n, 10.00, 10.05, 10))
    show(10)
    c.buy(1, 100, 10.00)
    m.trade(12, 10.00)
    m.lose()
    show(12)
    m.trade(12, 10.00)
    c.buy(2, 100, 10.01)
    c.buy(3, 100, 10.06, "ioc")
    m.trade(12, 10.00)
    m.restart()
    show(5)
    c.buy(4, 100, 10.00)
    m.trade(12, 10.00)
    m.trade(12, 9.99)
    c.fill(1, 2, 10.00, "a", 10)
    c.fill(4, 7, 10.00, "a", 5)
    c.fill(4, 12, 10.00, "b", 5)
    c.ends(1, "PART", 2, 98)
    c.ends(2, "LIVE", 0, 100)
    c.ends(3, "CANCELLED", 0, 0, "dead")
    c.ends(4, "PART", 19, 81)


# C18: the close.

@case((ITCH, IEX))
def c18_close(c, m):
    shows = (lambda: m.add(1, "S", 10, 10.00)) if m.venue == "itch" else (lambda: m.level("S", 10.00, 10))
    c.buy(1, 100, 9.00)
    shows()
    c.buy(2, 5, 10.00)
    at = m.ts
    m.close()
    c.buy(3, 5, 10.00, ts=at)
    c.buy(4, 5, 10.00, "ioc")
    m.system("E")
    c.buy(5, 5, 0)  # rejected, whatever the hour
    c.replace(1, "B", 50)
    m.restart()
    c.buy(6, 5, 9.00)
    m.system("Q") if m.venue == "itch" else m.system("R")
    c.fill(2, 5, 10.00, "take")
    c.ends(1, "EXPIRED", 0, 0, "T")
    c.ends(2, "FILLED", 5, 0)
    c.ends(3, "CANCELLED", 0, 0, "E")
    c.ends(4, "CANCELLED", 0, 0, "E")
    c.ends(5, "REJECTED", 0, 0, "rejected")
    c.ends(6, "LIVE", 0, 5)


def pillar_close(first, then):
    def made(c, m):
        c.buy(1, 100, 9.00)
        m.add(1, "S", 10, 10.00)
        m.status(first)
        c.buy(2, 5, 10.00)
        m.status(then)
        c.buy(3, 5, 10.00, "ioc")
        m.restart()
        m.status("O")
        c.buy(4, 5, 9.00)
        m.add(2, "S", 10, 10.00)
        c.ends(1, "EXPIRED", 0, 0, "T")
        c.ends(2, "CANCELLED", 0, 0, "E")
        c.ends(3, "CANCELLED", 0, 0, "E")
        c.ends(4, "LIVE", 0, 5)
    made.__name__ = f"c18_pillar_{first}_then_{then}"
    case(PILLAR)(made)


pillar_close("L", "X")
pillar_close("X", "X")


# C20 to C24: levels, touches, breaks.

@case(IEX)
def c20_hit_the_other_side(c, m):
    m.level("S", 10.00, 20)
    c.buy(1, 50, 10.00)  # takes 20, rests
    m.trade(20, 10.00)   # hit the offer that is displayed there
    m.level("S", 10.00, 0)
    m.trade(20, 10.00)
    m.level("S", 10.00, 5)
    m.level("S", 10.00, 8)
    c.buy(2, 5, 10.00, "ioc")
    c.fill(1, 20, 10.00, "take")
    c.fill(1, 20, 10.00, "a", 0)
    c.fill(1, 5, 10.00, "c", 0)
    c.fill(1, 3, 10.00, "c", 0)
    c.ends(1, "PART", 48, 2)
    c.ends(2, "CANCELLED", 0, 0, "dead")


@case(BOTH)
def c21_break(c, m):
    c.buy(1, 30, 10.00)
    c.buy(2, 30, 10.00)
    m.add(1, "B", 100, 9.99)
    m.execute(1, 20, 500)
    m.execute(1, 20, 501)
    m.bust(501)
    m.bust(499)
    m.bust(501)
    m.hidden(5, 9.00, 502)
    m.bust(502)
    c.fill(1, 20, 10.00, "b", 0)
    c.fill(1, 10, 10.00, "b", 0)
    c.fill(2, 10, 10.00, "b", 0)
    c.fill(1, -10, 10.00, "break", 0)
    c.fill(2, -10, 10.00, "break", 0)
    c.fill(2, 5, 10.00, "d", 0)
    c.fill(2, -5, 10.00, "break", 0)
    c.ends(1, "FILLED", 30, 0)
    c.ends(2, "PART", 15, 15)


@case(IEX)
def c21_break_levels(c, m):
    c.buy(1, 30, 10.00)
    m.level("B", 9.98, 1)
    m.trade(20, 10.00, 500)
    c.cancel(1)
    m.bust(20, 10.00, 500)
    c.fill(1, 20, 10.00, "a", 0)
    c.fill(1, -20, 10.00, "break", 0)
    c.ends(1, "CANCELLED", 20, 0, "U")


@case(IEX)
def c22_several(c, m):
    m.level("B", 10.00, 50)
    c.buy(1, 10, 10.00)
    m.level("B", 10.01, 30)
    c.buy(2, 10, 10.01)
    m.level("B", 10.00, 80)
    c.buy(3, 10, 10.00)
    m.trade(65, 10.00)  # 10 to order 2; 65 - 10 - 50 to order 1; none to order 3, whose ahead falls to 15
    m.trade(20, 10.00)  # 5 to order 1, none to order 3
    m.trade(4, 10.00)
    c.fill(2, 10, 10.01, "b", 30)
    c.fill(1, 5, 10.00, "a", 50)
    c.fill(1, 5, 10.00, "a", 50)
    c.fill(3, 4, 10.00, "a", 80)
    c.ends(1, "FILLED", 10, 0)
    c.ends(3, "PART", 4, 6)


@case(tops)
def c23_touch(c, m):
    m.quote(50, 10.00, 10.05, 50)
    c.buy(1, 100, 9.99)   # deeper: nothing known
    c.buy(2, 10, 10.00)
    m.trade(500, 9.98)    # worse than both
    m.quote(30, 9.99, 10.05, 50)
    c.buy(3, 100, 9.98)
    m.trade(10, 9.98)     # order 1 is better; order 3 has no ahead
    m.quote(20, 9.98, 10.05, 50)
    m.trade(25, 9.98)     # to order 1
    m.quote(10, 9.97, 9.99, 7)
    c.fill(2, 10, 10.00, "b", 50)
    c.fill(1, 100, 9.99, "b")
    c.fill(3, 5, 9.98, "a")
    c.ends(1, "FILLED", 100, 0)
    c.ends(2, "FILLED", 10, 0)
    c.ends(3, "PART", 5, 95)


@case(tops)
def c23_offer_appears(c, m):
    m.quote(50, 10.00, 10.05, 50)
    c.buy(1, 100, 10.05)             # takes 50, rests before all
    m.quote(50, 10.00, 10.05, 60)    # grows by 10
    m.quote(50, 10.00, 10.04, 20)    # appears whole
    m.quote(50, 10.00, 10.05, 5)     # appears whole
    m.quote(50, 10.00, 10.06, 5)
    c.buy(2, 10, 10.06, "ioc")
    m.quote(50, 10.06, 10.07, 5)     # better than ours: nothing reaches us
    m.quote(50, 10.06, 10.05, 5)
    c.fill(1, 50, 10.05, "take")
    c.fill(1, 10, 10.05, "c", 0)
    c.fill(1, 20, 10.05, "c", 0)
    c.fill(1, 5, 10.05, "c", 0)
    c.fill(2, 5, 10.06, "take")
    c.ends(1, "PART", 85, 15)
    c.ends(2, "CANCELLED", 5, 0, "I")


@case(BOTH)
def c24_taken(c, m):
    m.add(1, "S", 100, 10.00)
    m.add(2, "S", 50, 10.00)
    c.buy(1, 120, 10.00, "ioc")
    m.execute(1, 60)             # 90 left, of which 90 are taken
    c.buy(2, 10, 10.00, "ioc")
    m.add(3, "S", 20, 10.00)
    c.buy(3, 30, 10.00, "ioc")
    m.delete(2)
    m.delete(3)
    m.replace(1, 4, 40, 10.00, side="S") if m.venue == "pillar" else m.replace(1, 4, 40, 10.00)
    c.buy(4, 50, 10.00, "ioc")   # emptied in between
    c.fill(1, 120, 10.00, "take")
    c.fill(3, 20, 10.00, "take")
    c.fill(4, 40, 10.00, "take")
    c.ends(1, "FILLED", 120, 0)
    c.ends(2, "CANCELLED", 0, 0, "dead")
    c.ends(3, "CANCELLED", 20, 0, "I")
    c.ends(4, "CANCELLED", 40, 0, "I")


# C25 to C28: ends.

@case(BOTH)
def c25_ends(c, m):
    c.buy(1, 10, "", "day")
    m.add(1, "S", 10, 10.00)
    m.add(2, "S", 10, 1000.00)
    c.buy(2, 25, "", "day")  # no collar
    c.sell(3, 10, 9.99, "ioc")
    c.sell(4, 10, "", "0")
    c.fill(2, 10, 10.00, "take")
    c.fill(2, 10, 1000.00, "take")
    m.delete(1)
    c.ends(1, "CANCELLED", 0, 0, "dead")
    c.ends(2, "CANCELLED", 20, 0, "I")
    c.ends(3, "CANCELLED", 0, 0, "dead")
    c.ends(4, "CANCELLED", 0, 0, "dead")


@case((ITCH, PILLAR, IEX))
def c26_at_most_64(c, m):
    m.level("S", 10.00, 10) if m.venue == "iex" else m.add(1, "S", 10, 10.00)
    for oid in range(64):
        c.buy(1000 + oid, 1, 9.00)
    c.buy(2000, 1, 10.00, "ioc")
    c.cancel(1000)
    c.buy(2001, 1, 10.00, "ioc")
    c.buy(2002, 1, 9.00)
    c.buy(2003, 0, 9.00)
    c.replace(1001, "B", 2)  # no new order
    m.level("S", 10.00, 9) if m.venue == "iex" else m.delete(1)
    c.fill(2001, 1, 10.00, "take")
    c.ends(2000, "REJECTED", 0, 0, "rejected")
    c.ends(2001, "FILLED", 1, 0)
    c.ends(2002, "LIVE", 0, 1)
    c.ends(2003, "REJECTED", 0, 0, "rejected")
    c.ends(1001, "LIVE", 0, 2)


@case(ITCH)
def c26_too_many_behind(c, m):
    m.add(1, "B", 10, 10.00)
    c.buy(1, 100, 10.00)
    m.delete(1)
    for ref in range(10, 10 + 8192):
        m.add(ref, "B", 1, 10.00)
    m.add(9999, "B", 5, 10.00)   # cannot be remembered
    m.execute(9999, 5)
    m.execute(10, 1)
    m.add(10001, "B", 7, 9.99)
    m.execute(10001, 7)
    m.add(10002, "S", 3, 10.00)
    c.fill(1, 1, 10.00, "a", 10)
    c.fill(1, 7, 10.00, "b", 10)
    c.fill(1, 3, 10.00, "c", 10)
    c.ends(1, "PART", 11, 89)


@case((ITCH, PILLAR, IEX))
def c27_rejected(c, m):
    m.level("S", 10.00, 10) if m.venue == "iex" else m.add(1, "S", 10, 10.00)
    bad = [("B", 0, 10.00, "day"), ("B", 1_000_000, 10.00, "day"), ("B", 1, "10.00001", "day"), ("B", 1, 0, "day"),
           ("B", 1, "-1", "day"), ("B", 1, "200000", "day"), ("B", 1, "199999.9901", "day"), ("X", 1, 10.00, "day"),
           ("T", 1, 10.00, "day"), ("B", 1, 10.00, "gtx"), ("B", 1, 10.00, "5"), ("B", "", 10.00, "day")]
    for n, (side, qty, px, tif) in enumerate(bad):
        c.row("new", 100 + n, side, qty, px, tif)
        c.ends(100 + n, "REJECTED", 0, 0, "rejected")
    c.buy(200, 1, 10.00, symbol="NOBODY")
    c.ends(200, "REJECTED", 0, 0, "rejected")
    c.buy(201, 1, 10.00, ts=m.ts - 86_400 * 10 ** 9)  # before anything was named
    c.ends(201, "REJECTED", 0, 0, "rejected")
    c.buy(202, 999_999, "9.0001")
    c.ends(202, "LIVE", 0, 999_999)
    c.sell(203, 1, "199999.99")
    c.ends(203, "LIVE", 0, 1)
    c.buy(100, 5, 9.00)  # an id is used once
    m.level("S", 10.00, 9) if m.venue == "iex" else m.delete(1)


@case(BOTH)
def c28_hidden_through(c, m):
    m.add(1, "B", 10, 9.98)
    m.add(2, "S", 10, 10.02)
    c.buy(1, 10, 10.00)
    c.buy(2, 10, 10.01)
    c.sell(3, 10, 10.02)
    c.sell(4, 10, 10.03)
    m.hidden(15, 10.00)  # strictly through order 2 only
    m.hidden(15, 9.99)
    m.hidden(15, 10.02)
    m.hidden(15, 10.04)  # 10 ahead of order 3: what of it
    c.fill(2, 10, 10.01, "d", 0)
    c.fill(1, 10, 10.00, "d", 0)
    c.fill(3, 10, 10.02, "d", 10)
    c.fill(4, 5, 10.03, "d", 0)


@case(BOTH, hidden="at")
def c28_hidden_at(c, m):
    m.add(1, "B", 10, 10.00)
    c.buy(1, 10, 10.00)
    c.buy(2, 10, 9.99)
    c.sell(3, 10, 10.01)
    m.hidden(4, 10.00)
    m.hidden(4, 10.01)
    m.hidden(9, 9.99)
    c.fill(1, 4, 10.00, "d", 10)
    c.fill(3, 4, 10.01, "d", 0)
    c.fill(1, 6, 10.00, "d", 10)
    c.fill(2, 3, 9.99, "d", 0)


@case(BOTH, hidden="never")
def c28_hidden_never(c, m):
    c.buy(1, 10, 10.00)
    m.add(1, "B", 10, 9.99)
    m.hidden(4, 9.00)
    m.execute(1, 3)
    c.fill(1, 3, 10.00, "b", 0)


@case(BOTH)
def c28_both_sides(c, m):
    m.status("H") if m.venue == "itch" else m.status("4")
    c.buy(1, 10, 10.05)
    c.sell(2, 10, 9.95)
    m.status("T") if m.venue == "itch" else m.status("5")
    m.hidden(8, 10.00)
    c.fill(1, 8, 10.05, "d", 0)
    c.fill(2, 8, 9.95, "d", 0)
    c.ends(1, "PART", 8, 2)
    c.ends(2, "PART", 8, 2)
