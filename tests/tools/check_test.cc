/* SPDX-License-Identifier: BSD-3-Clause */
// wirebar check against a host made of files: what each finding says, and that its command is there.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "app/wirebar/check/check.h"
#include "app/wirebar/plant_bytes.h"
}

namespace
{

namespace fs = std::filesystem;

// A rack of 8 cpus on two nodes, hugepages on both, a NIC on node 1, everything in order.
const char *const RACK = "[eal]\nmain_cpu = 0\nhuge_dir = /dev/hugepages\nmemory = 512M\n"
			 "[port a]\ndevice = 0000:3b:00.0\n"
			 "[lcore i]\nstage = ingest\nqueues = a\ncpu = 4\n"
			 "[lcore s]\nstage = signal\ncpu = 5\n"
			 "[link l]\nfrom = i\nto = s\n"
			 "[bars]\ninstruments = 1000\norders = 65536\nlevels = 65536\nprints = 65536\n"
			 "[feed]\nhold_packets = 0\n";
const char *const BENCH = "[eal]\nhugepages = no\n[run]\nshare_cpu = yes\n[port a]\n"
			  "[lcore i]\nstage = ingest\nqueues = a\nidle = yield\n";

// A path and its content; "-> x" is a link to x, NULL takes it away. A path that ends in / is a folder.
struct change { const char *path, *text; };

#define CPU "/sys/devices/system/cpu/"
#define CLOCK "/sys/devices/system/clocksource/clocksource0/"
#define NODE1 "/sys/devices/system/node/node1/hugepages/hugepages-"
#define PCI "/sys/bus/pci/devices/0000:3b:00.0"
#define ETH1 "/sys/class/net/eth1/"
#define THP "/sys/kernel/mm/transparent_hugepage/enabled"
#define NOIOMMU "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
#define RTEMAP "/dev/hugepages/rtemap_0"
#define CONFIG "/var/run/dpdk/wirebar/config"
#define STATUS(uid, caps) "Name:\tx\nUid:\t" uid "\t" uid "\t" uid "\t" uid "\nCapEff:\t" caps "\nCpus_allowed_list:\t0-7\n"
#define MEMLOCK(bytes) "Limit  Soft Limit  Hard Limit  Units\nMax locked memory   " bytes "   " bytes "   bytes\n"

const struct change in_order[] = {
	{ "/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n" },
	{ "/proc/cmdline", "quiet isolcpus=4-7 nohz_full=4-7 rcu_nocbs=4-7\n" },
	{ "/proc/mounts", "sysfs /sys sysfs rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n" },
	{ "/proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable:   8000000 kB\nHugepagesize:       2048 kB\n" },
	{ "/proc/locks", "" },
	{ "/proc/self/status", STATUS("1000", "0000000000000000") },
	{ "/proc/self/limits", MEMLOCK("unlimited") },
	{ CPU "online", "0-7\n" },
	{ CPU "isolated", "4-7\n" },
	{ CPU "nohz_full", "4-7\n" },
	{ CLOCK "current_clocksource", "tsc\n" },
	{ CLOCK "available_clocksource", "tsc hpet acpi_pm\n" },
	{ "/sys/devices/system/node/node0/cpulist", "0-3\n" },
	{ "/sys/devices/system/node/node1/cpulist", "4-7\n" },
	{ NODE1 "2048kB/nr_hugepages", "512\n" },
	{ NODE1 "2048kB/free_hugepages", "400\n" },
	{ THP, "always [madvise] never\n" },
	{ PCI "/numa_node", "1\n" },
	{ PCI "/driver", "-> ../../drivers/vfio-pci" },
	{ PCI "/iommu_group", "-> ." },
	{ "/dev/hugepages/", "" },
};

class Check : public testing::Test
{
      protected:
	std::string root;
	std::unique_ptr<struct conf> c = std::make_unique<struct conf>();
	std::vector<struct check_finding> found;

	void put(const std::string &path, const char *text)
	{
		fs::path at(root + path);

		fs::create_directories(at.parent_path());
		if (path.back() == '/')
			return;
		if (!text || !strncmp(text, "-> ", 3))
			fs::remove_all(at);
		if (text && !strncmp(text, "-> ", 3))
			fs::create_symlink(text + 3, at);
		else if (text)
			std::ofstream(at) << text;
	}
	void SetUp() override
	{
		char dir[] = "check_test.XXXXXX";

		ASSERT_NE(nullptr, mkdtemp(dir));
		root = fs::absolute(dir).string();
		unsetenv("RUNTIME_DIRECTORY");
		unsetenv("XDG_RUNTIME_DIR");
		for (auto &f : in_order)
			put(f.path, f.text);
		for (int cpu = 0; cpu < 8; cpu++) {
			std::string dir_of = CPU "cpu" + std::to_string(cpu);

			put(dir_of + "/cpufreq/scaling_governor", "performance\n");
			put(dir_of + "/topology/thread_siblings_list", (std::to_string(cpu) + "\n").c_str());
		}
	}
	void TearDown() override { fs::remove_all(root); }
	void run(const std::string &text)
	{
		struct conf_error err;

		ASSERT_EQ(0, conf_parse(c.get(), "t.conf", text.data(), text.size(), &err)) << err.text;
		found.resize(CHECK_FINDINGS_MAX);
		found.resize((size_t)check_host(c.get(), root.c_str(), found.data(), CHECK_FINDINGS_MAX));
		for (auto &f : found) // what must or could be mended says how
			EXPECT_EQ(f.level == CHECK_WARN || f.level == CHECK_FAIL, f.mend[0] != 0)
				<< f.what << ": " << f.found;
	}
	// How many findings want mending, and the last of them of that name.
	unsigned wanting(const std::string &what, const struct check_finding **last)
	{
		unsigned n = 0;

		*last = nullptr;
		for (auto &f : found) {
			n += f.level >= CHECK_WARN;
			if (what == f.what && (!*last || f.level >= (*last)->level))
				*last = &f;
		}
		return n;
	}
	const struct check_finding *find(const std::string &what)
	{
		for (auto &f : found)
			if (what == f.what)
				return &f;
		return nullptr;
	}
	std::string lock_of(const std::string &path, const char *kind)
	{
		struct stat st;
		char line[128];

		EXPECT_EQ(0, stat((root + path).c_str(), &st));
		snprintf(line, sizeof line, "1: %s  ADVISORY  WRITE 4711 %02x:%02x:%lu 0 EOF\n", kind,
			 major(st.st_dev), minor(st.st_dev), (unsigned long)st.st_ino);
		return line;
	}
};

TEST_F(Check, RackInOrder)
{
	run(RACK);
	for (auto &f : found)
		EXPECT_EQ(CHECK_OK, f.level) << f.what << ": " << f.found;
	EXPECT_EQ(17u, found.size());
	EXPECT_EQ(nullptr, find("hugepages node 0")) << "no ingest lcore there";
}

TEST_F(Check, BenchNeedsLittle)
{
	put("/sys/devices/system/node", nullptr);
	put(CPU "isolated", "\n");
	put("/proc/mounts", "");
	run(BENCH);
	for (auto &f : found)
		EXPECT_LT(f.level, CHECK_WARN) << f.what << ": " << f.found;
	for (const char *what :
	     { "isolcpus", "nohz_full", "rcu_nocbs", "cpufreq governor", "SMT siblings", "irqbalance",
	       "hugepages", "hugetlbfs mount", "RLIMIT_MEMLOCK", "transparent hugepages", "port a" })
		EXPECT_EQ(CHECK_NOT_NEEDED, find(what)->level) << what;
	EXPECT_EQ(0, strncmp("7812 MiB available, needed: ", find("memory")->found, 28));
	put("/proc/meminfo", "MemAvailable: 1000 kB\n");
	run(BENCH);
	EXPECT_EQ(CHECK_FAIL, find("memory")->level);
}

// What of the rack's configuration (WHOLE: all; from and to: a replacement; to: what is added) and of a host in order is
// changed, and what comes of it: how many findings want mending, and the worst of one name. A mend of NULL is not looked at.
#define GRUB(what) "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&" what " /' /etc/default/grub && update-grub # then reboot"
#define DEVICE { "0000:3b:00.0", "net_af_xdp0,iface=eth1,start_queue=0" }
#define NO_HUGE_DIR { "huge_dir = /dev/hugepages\n", "" }
#define MAY { "/proc/self/status", STATUS("1000", "0000000000003000") }
#define NOT_COVERED "does not cover cpus 4-5: the kernel puts other work there"

const struct {
	struct { const char *from, *to; } conf;
	std::vector<struct change> files;
	unsigned n;
	enum check_level level;
	const char *what, *found, *mend;
} hosts[] = {
	{ {}, {}, 0, CHECK_OK, "hugepages node 1", "400 of 512 free x 2 MiB, needed: 256 (512 MiB)", "" },
	{ {}, {}, 0, CHECK_OK, "NUMA of port a", "node 1; polled by cpu 4 on node 1", "" },
	{ {}, {}, 0, CHECK_OK, "hugetlbfs mount", "/dev/hugepages, pages of 2 MiB, writable, used", "" },
	{ { nullptr, "[lcore x]\nstage = signal\ncpu = 5\n[link x]\nfrom = i\nto = x\n" }, {}, 1, CHECK_FAIL, "configuration",
	  "t.conf:26: [lcore x] cpu: found 5, which lcore s (line 13) has too, allowed: a cpu of its own, or share_cpu = yes in [run]",
	  "editor +26 t.conf" },
	{ {}, { { PCI "/numa_node", "0\n" } }, 2, CHECK_WARN, "NUMA of port a", "node 0; polled by cpu 4 on node 1",
	  "cat /sys/devices/system/node/node0/cpulist # then set cpu in t.conf" },
	{ {}, { { PCI "/numa_node", "0\n" } }, 2, CHECK_FAIL, "configuration",
	  "t.conf:10: [lcore i] cpu: found 4 on NUMA node 1, port a is on node 0", nullptr },
	{ {}, { { "/proc/sys/kernel/osrelease", "5.3.18\n" } }, 1, CHECK_FAIL, "kernel", "5.3.18, needed: 5.4 or later",
	  "apt-get install linux-image-amd64 && reboot" },
	{ {}, { { "/proc/sys/kernel/osrelease", "5.4.0\n" } }, 0, CHECK_OK, "kernel", "5.4.0", "" },
	{ {}, { { CLOCK "current_clocksource", "hpet\n" } }, 1, CHECK_WARN, "clock source",
	  "hpet, not tsc: reading the time costs a system call or lies", "echo tsc > " CLOCK "current_clocksource" },
	{ {}, { { CLOCK "current_clocksource", "hpet\n" }, { CLOCK "available_clocksource", "hpet\n" } }, 1, CHECK_WARN, "clock source",
	  "hpet, not tsc: reading the time costs a system call or lies", GRUB("clocksource=tsc tsc=reliable") },
	{ {}, { { CPU "isolated", "4,6-7\n" } }, 1, CHECK_WARN, "isolcpus", "does not cover cpus 5: the kernel puts other work there",
	  GRUB("isolcpus=4-5") },
	{ {}, { { CPU "nohz_full", " (null)\n" } }, 1, CHECK_WARN, "nohz_full", NOT_COVERED, GRUB("nohz_full=4-5") },
	{ {}, { { CPU "nohz_full", " (null)\n" }, { "/proc/cmdline", "quiet\n" } }, 2, CHECK_WARN, "rcu_nocbs", NOT_COVERED,
	  GRUB("rcu_nocbs=4-5") },
	{ {}, { { CPU "nohz_full", " (null)\n" }, { "/proc/cmdline", "rcu_nocbs=all\n" } }, 1, CHECK_OK, "rcu_nocbs", "", "" },
	{ {}, { { CPU "nohz_full", "4-5\n" }, { "/proc/cmdline", "quiet\n" } }, 0, CHECK_OK, "rcu_nocbs", "", "" }, // implied
	{ {}, { { CPU "cpu5/cpufreq/scaling_governor", "powersave\n" }, { CPU "cpu1/cpufreq/scaling_governor", "powersave\n" } }, 1,
	  CHECK_WARN, "cpufreq governor", "powersave on cpus 5", "cpupower -c 5 frequency-set -g performance" },
	{ {}, { { CPU "cpu4/topology/thread_siblings_list", "4-5\n" }, { CPU "cpu5/topology/thread_siblings_list", "4-5\n" } }, 1,
	  CHECK_WARN, "SMT siblings", "cpus 4-5 share physical cores: lcores slow each other", "echo off > " CPU "smt/control" },
	{ {}, { { "/proc/812/comm", "irqbalance\n" } }, 1, CHECK_WARN, "irqbalance", "running: it moves interrupts onto lcores' cpus",
	  "systemctl disable --now irqbalance" },
	{ {}, { { NODE1 "2048kB/free_hugepages", "100\n" } }, 1, CHECK_FAIL, "hugepages node 1",
	  "100 of 512 free x 2 MiB, needed: 256 (512 MiB)", "echo 668 > " NODE1 "2048kB/nr_hugepages" },
	{ {}, { { "/proc/mounts", "hugetlbfs /dev/hugepages hugetlbfs rw,pagesize=1024M 0 0\n" }, { NODE1 "1048576kB/nr_hugepages", "0\n" },
	    { NODE1 "1048576kB/free_hugepages", "0\n" } }, 1, CHECK_FAIL, "hugepages node 1", "0 of 0 free x 1024 MiB, needed: 1 (512 MiB)",
	  "echo 1 > " NODE1 "1048576kB/nr_hugepages" },
	{ {}, { { "/proc/mounts", "hugetlbfs /mnt/other hugetlbfs rw,pagesize=2M 0 0\n" }, { "/mnt/other/", "" } }, 1, CHECK_FAIL,
	  "hugetlbfs mount", "none at huge_dir /dev/hugepages", "mkdir -p /dev/hugepages && mount -t hugetlbfs nodev /dev/hugepages" },
	{ NO_HUGE_DIR, { { "/proc/mounts", "h /dev/hugepages hugetlbfs rw 0 0\nh /mnt/a\\040b hugetlbfs rw,pagesize=1024M 0 0\n" },
	    { "/mnt/a b/", "" } }, 1, CHECK_WARN, "huge_dir", "not set, and there are 2 mounts: DPDK may take any of them",
	  "sed -i '1a huge_dir = /dev/hugepages' t.conf" },
	{ {}, { { RTEMAP, "" }, { "/dev/hugepages/rtemap_17", "" }, { "/dev/hugepages/notes.txt", "" }, { "/dev/hugepages/rtemap_x", "" } },
	  1, CHECK_FAIL, "files of dead primaries",
	  "2 in /dev/hugepages of file_prefix rte: nobody holds them, and they pin their pages", "rm -f /dev/hugepages/rtemap_*" },
	{ { "WHOLE", BENCH }, { { RTEMAP, "" } }, 1, CHECK_WARN, "files of dead primaries", "1 in /dev/hugepages of file_prefix rte", nullptr },
	{ {}, { { CONFIG, "" } }, 0, CHECK_OK, "file_prefix", "wirebar is not in use", "" }, // left, held by nobody
	{ {}, { { "/proc/self/limits", MEMLOCK("8388608") } }, 1, CHECK_FAIL, "RLIMIT_MEMLOCK",
	  "8388608 bytes, needed: 536870912 (devices lock the memory they write to)", "prlimit --pid $$ --memlock=unlimited:unlimited" },
	{ {}, { { "/proc/self/limits", MEMLOCK("8388608") }, { "/proc/self/status", STATUS("0", "0") } }, 0, CHECK_OK, "RLIMIT_MEMLOCK", "", "" },
	{ {}, { { THP, "[always] madvise never\n" } }, 1, CHECK_WARN, "transparent hugepages",
	  "[always] madvise never: compaction stalls lcores", "echo madvise > " THP },
	{ {}, { { PCI "/driver", "-> ../../drivers/ixgbe" } }, 1, CHECK_FAIL, "port a",
	  "0000:3b:00.0 has driver ixgbe, needed: vfio-pci, which is not loaded",
	  "modprobe vfio-pci && dpdk-devbind.py -b vfio-pci 0000:3b:00.0" },
	{ {}, { { PCI "/driver", nullptr }, { "/sys/module/vfio_pci/", "" } }, 1, CHECK_FAIL, "port a",
	  "0000:3b:00.0 has driver none, needed: vfio-pci", nullptr },
	{ {}, { { PCI "/driver", "-> ../../drivers/mlx5_core" } }, 0, CHECK_OK, "port a", "", "" },
	{ {}, { { PCI, nullptr } }, 1, CHECK_FAIL, "port a", "no PCI device 0000:3b:00.0",
	  "lspci -D | grep -i ethernet # then set device in t.conf" },
	{ {}, { { PCI "/iommu_group", nullptr } }, 1, CHECK_FAIL, "port a", "", "echo 1 > " NOIOMMU },
	{ {}, { { PCI "/iommu_group", nullptr }, { NOIOMMU, "Y\n" } }, 1, CHECK_WARN, "port a", "", nullptr },
	{ DEVICE, { MAY }, 1, CHECK_FAIL, "port a", "no interface eth1", "ip -br link # then set device in t.conf" },
	{ DEVICE, { MAY, { ETH1 "flags", "0x1002\n" } }, 1, CHECK_FAIL, "port a", "interface eth1 is down", "ip link set eth1 up" },
	{ DEVICE, { MAY, { ETH1 "flags", "0x1003\n" }, { ETH1 "operstate", "lowerlayerdown\n" } }, 1, CHECK_WARN, "port a",
	  "interface eth1 is up, its link is lowerlayerdown", "ethtool eth1" },
	{ DEVICE, { MAY, { ETH1 "flags", "0x1003\n" }, { ETH1 "operstate", "up\n" } }, 0, CHECK_OK, "port a", "interface eth1 is up", "" },
	{ DEVICE, { MAY, { ETH1 "flags", "0x1003\n" }, { ETH1 "device/numa_node", "1\n" } }, 0, CHECK_OK, "NUMA of port a",
	  "node 1; polled by cpu 4 on node 1", "" },
	{ DEVICE, { { ETH1 "flags", "0x1003\n" }, { ETH1 "operstate", "up\n" } }, 1, CHECK_FAIL, "port a",
	  "this process may not open raw sockets on eth1",
	  "setcap cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep \"$(command -v wirebar)\"" },
};

TEST_F(Check, OneThingIsNotInOrder)
{
	for (auto &h : hosts) {
		std::string text = RACK;
		const struct check_finding *f;

		SCOPED_TRACE(std::string(h.what) + ": " + h.found);
		TearDown();
		SetUp();
		for (auto &file : h.files)
			put(file.path, file.text);
		if (h.conf.from && strcmp(h.conf.from, "WHOLE"))
			text.replace(text.find(h.conf.from), strlen(h.conf.from), h.conf.to);
		else if (h.conf.to)
			text = (h.conf.from ? "" : text) + h.conf.to;
		run(text);
		EXPECT_EQ(h.n, wanting(h.what, &f));
		ASSERT_NE(nullptr, f);
		EXPECT_EQ(h.level, f->level);
		EXPECT_EQ(h.found, std::string(f->found).substr(0, strlen(h.found)));
		EXPECT_STREQ(h.mend ? h.mend : f->mend, f->mend);
	}
}

TEST_F(Check, SeveralMounts)
{
	unsigned mounts = 0;

	put("/proc/mounts", "h /dev/hugepages hugetlbfs rw 0 0\nh /mnt/a\\040b hugetlbfs rw,pagesize=1024M 0 0\n");
	put("/mnt/a b/", "");
	run(RACK);
	for (auto &f : found)
		mounts += !strcmp(f.what, "hugetlbfs mount") || !strcmp(f.found, "none in /mnt/a b"); // blanks are escaped there
	EXPECT_EQ(3u, mounts);
}

TEST_F(Check, MountNotWritable)
{
	if (geteuid() == 0)
		GTEST_SKIP() << "root may write everywhere";
	chmod((root + "/dev/hugepages").c_str(), 0555);
	run(RACK);
	EXPECT_EQ(CHECK_FAIL, find("hugetlbfs mount")->level);
	EXPECT_EQ("chown " + std::to_string(geteuid()) + " /dev/hugepages", find("hugetlbfs mount")->mend);
}

TEST_F(Check, FilesOfALivingPrimary)
{
	put(RTEMAP, "");
	put("/proc/locks", lock_of(RTEMAP, "FLOCK").c_str());
	run(RACK);
	EXPECT_STREQ("none in /dev/hugepages", find("files of dead primaries")->found);
	// The lock on its config speaks for all files of a prefix.
	put("/dev/hugepages/rtemap_1", "");
	put("/var/run/dpdk/rte/config", "");
	put("/proc/locks", lock_of("/var/run/dpdk/rte/config", "POSIX").c_str());
	run(RACK);
	EXPECT_STREQ("none in /dev/hugepages", find("files of dead primaries")->found);
	EXPECT_EQ(CHECK_OK, find("file_prefix")->level) << "another's prefix";
	put(CONFIG, "");
	put("/proc/locks", (lock_of(CONFIG, "POSIX") + lock_of(RTEMAP, "FLOCK") + lock_of("/dev/hugepages/rtemap_1", "FLOCK")).c_str());
	run(RACK);
	EXPECT_STREQ("wirebar is in use: process 4711 is its primary", find("file_prefix")->found);
	EXPECT_STREQ("kill 4711", find("file_prefix")->mend);
}

TEST_F(Check, LockedByAnotherProcessAndNotListed)
{
	int ready[2], done[2];
	char byte = 0;

	put(RTEMAP, "");
	put("/var/run/dpdk/rte/config", "");
	ASSERT_EQ(0, pipe(ready) | pipe(done));
	pid_t child = fork();
	if (child == 0) {
		int fd = open((root + "/var/run/dpdk/rte/config").c_str(), O_RDWR);
		bool ok = lockf(fd, F_LOCK, 0) == 0 && write(ready[1], "x", 1) == 1 &&
			  read(done[0], &byte, 1) == 1;
		_exit(!ok);
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	run(RACK);
	EXPECT_STREQ("none in /dev/hugepages", find("files of dead primaries")->found);
	ASSERT_EQ(1, write(done[1], "x", 1));
	waitpid(child, nullptr, 0);
	run(RACK);
	EXPECT_EQ(CHECK_FAIL, find("files of dead primaries")->level);
}

TEST_F(Check, NeedGrowsWithTheSizes)
{
	std::string bars = "[bars]\norders = 1048576\n[lcore i]\nstage = ingest\n";
	struct plant_size small, big;
	struct conf_error err;

	ASSERT_EQ(0, conf_parse(c.get(), "t", bars.data(), bars.size(), &err));
	plant_bytes(c.get(), false, &small);
	EXPECT_GT(small.total, UINT64_C(64) << 20);
	EXPECT_EQ(small.eal, small.given);
	c->bars.orders *= 16;
	plant_bytes(c.get(), false, &big);
	EXPECT_GT(big.eal, small.eal + 15 * 1048576 * 16);
	c->feed.hold_packets = 4096; // what is held back at holes counts as well
	plant_bytes(c.get(), false, &small);
	EXPECT_GT(small.lcores, big.lcores + (UINT64_C(100) << 20));
	c->eal.memory_bytes = 5;
	plant_bytes(c.get(), false, &big);
	EXPECT_EQ(5u, big.given);
	c->eal.hugepages = false;
	plant_bytes(c.get(), false, &big);
	EXPECT_EQ(5u + big.lcores + big.tables + big.links, big.total);
}

// Without hugepages only pools are EAL's: what is large is not in its pages of 4 KiB.
TEST_F(Check, EalHoldsWhatIsLargeInHugepagesOnly)
{
	std::string text = "[port p]\nspeed = max\n[lcore i]\nstage = ingest\n";
	struct plant_size with, without;
	struct conf_error err;

	ASSERT_EQ(0, conf_parse(c.get(), "t", text.data(), text.size(), &err));
	plant_bytes(c.get(), true, &with);
	c->eal.hugepages = false;
	plant_bytes(c.get(), true, &without);
	EXPECT_EQ(with.least - with.tables - with.links - with.lcores, without.least);
	EXPECT_LT(without.given, UINT64_C(160) << 20);
}

// Nobody waits for the rows of a replay flat out, and its producers wait for room.
TEST_F(Check, LinksOfAReplayFlatOutAreShort)
{
	std::string text = "[port p]\nspeed = max\n[lcore i]\nstage = ingest\n[lcore s]\nstage = signal\n"
			   "[link l]\nfrom = i\nto = s\n";
	struct conf_error err;

	ASSERT_EQ(0, conf_parse(c.get(), "t", text.data(), text.size(), &err)) << err.text;
	const uint32_t live = plant_depth(c.get(), &c->link[0], false);
	EXPECT_GE(live, c->bars.instruments * 6); // spans
	EXPECT_LT(plant_depth(c.get(), &c->link[0], true) * 4, live);
	snprintf(c->port[0].speed, sizeof c->port[0].speed, "2x");
	EXPECT_EQ(live, plant_depth(c.get(), &c->link[0], true));
	c->link[0].depth = 64;
	EXPECT_EQ(64u, plant_depth(c.get(), &c->link[0], true));
}

TEST_F(Check, ManyFindingsAreCut)
{
	struct check_finding few[3];
	struct conf_error err;

	ASSERT_EQ(0, conf_parse(c.get(), "t.conf", RACK, strlen(RACK), &err));
	EXPECT_EQ(3, check_host(c.get(), root.c_str(), few, 3));
}

TEST(CheckRead, PciAddresses)
{
	// What is no address gives none.
	const struct { const char *text, *address; } cases[] = {
		{ "0000:3b:00.0", "0000:3b:00.0" }, { "3b:00.1", "0000:3b:00.1" }, { "0001:3B:00.1,rxq_pkt_pad_en=1", "0001:3b:00.1" },
		{ "", nullptr }, { "net_null0", nullptr }, { "net_af_xdp0,iface=eth1", nullptr }, { "3b:00", nullptr },
		{ "0000:3b:00.0x", nullptr }, { "0000:3b:00.0/../..", nullptr },
	};

	for (auto &k : cases) {
		char pci[32];

		EXPECT_EQ(k.address != nullptr, check_is_pci(k.text, pci)) << k.text;
		EXPECT_STREQ(k.address ? k.address : pci, pci);
	}
}

TEST(CheckRead, Interfaces)
{
	char iface[32];

	EXPECT_TRUE(check_iface("net_af_packet0,iface=veth-a,blocksz=4096", iface, sizeof iface));
	EXPECT_STREQ("veth-a", iface);
	for (const char *other : { "net_null0", "net_af_xdp0,iface=", "net_af_xdp0,iface=../x", "net_af_xdp0,iface=a;reboot",
				   "net_af_xdp0,iface=a b", "net_af_xdp0,iface=sixteen_letters_" })
		EXPECT_FALSE(check_iface(other, iface, sizeof iface)) << other;
}

TEST(CheckRead, CpuLists)
{
	const struct { const char *text, *again; } cases[] = { { "0,2-5,7,1000-99999", "0,2-5,7,1000-1023" }, { "", "" }, { "(null)", "" } };

	for (auto &k : cases) {
		struct check_cpus set;
		char text[64];

		check_list_cpus(k.text, &set);
		check_print_cpus(&set, text, sizeof text);
		EXPECT_STREQ(k.again, text);
	}
}

class Main : public Check
{
      protected:
	std::string out;

	int call(std::vector<std::string> args)
	{
		std::vector<char *> argv;

		args.insert(args.begin(), "check");
		for (auto &a : args)
			argv.push_back(a.data());
		argv.push_back(nullptr);
		testing::internal::CaptureStdout();
		testing::internal::CaptureStderr();
		int rc = check_main((int)args.size(), argv.data());
		fflush(stdout);
		out = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
		return rc;
	}
};

// Everything that a start refuses: what stands in the file, the words, and the mend. One list for the check and the
// start: each is tried with both.
const struct { const char *text, *found, *mend; } refused[] = {
	{ "[gate g]\nrule = 1s close > 0\nrule = 7s close > 0\n", "t.conf:4: [gate g] rule: found span \"7s\", allowed: 1s 5s 15s",
	  "editor +4 t.conf" },
	{ "[gate g]\nrule = 1s closed > 0\n", "t.conf:3: [gate g] rule: found \"closed\", allowed: the numeric", "editor +3 t.conf" },
	{ "[gate g]\nrule = 1s close ~ 0\n", "t.conf:3: [gate g] rule: found operator \"~\", allowed: > <", "editor +3 t.conf" },
	{ "[gate g]\nrule = 1s close > much\n", "t.conf:3: [gate g] rule: found \"much\", allowed: ", "editor +3 t.conf" },
	{ "[gate g]\nrule = 1s close > 0 weight 0\n", "t.conf:3: [gate g] rule: found \"weight 0\"", "editor +3 t.conf" },
	{ "[gate g]\nrule = 1s close\n", "t.conf:3: [gate g] rule: found \"1s close\", allowed: SPAN COLUMN OP", "editor +3 t.conf" },
	{ "[gate g]\nrule = 1s\xc2\xa0" "close > 0\n", "t.conf:3: [gate g] rule: found \"1s<U+00A0>close > 0\"", "editor +3 t.conf" },
	{ "[gate g]\n", "t.conf:2: [gate g] rule: found none, allowed: 1 to 16", "editor +2 t.conf" },
	{ "[redis]\nenabled = yes\npassword_file = /none/such\n[lcore gateway0]\nstage = gateway\n[link b]\nfrom = ingest0\nto = gateway0\n",
	  "t.conf:4: [redis] password_file: found /none/such: No such file or directory, allowed: a file with a line", "editor +4 t.conf" },
	{ "[jetstream]\nenabled = yes\npassword_file = /dev/null\n[lcore gateway0]\nstage = gateway\n[link b]\nfrom = ingest0\nto = gateway0\n",
	  "t.conf:4: [jetstream] password_file: found /dev/null: empty, allowed: a file with a line", "editor +4 t.conf" },
	{ "[feed]\nfeed = itch51\n", "t.conf:3: [feed] feed: found \"itch51\", allowed: deep10", "editor +3 t.conf" },
	{ "[feed]\nprints_from = deep10, none\n", "t.conf:3: [feed] prints_from: found \"none\"", "editor +3 t.conf" },
	{ "[feed]\nchannels = 5\n", "t.conf:3: [feed] channels: found \"5\", no name", "editor +3 t.conf" },
	{ "[feed]\ndate = 2026-02-30\n", "t.conf:3: [feed] date: found \"2026-02-30\"", "editor +3 t.conf" },
	{ "[server s]\nprotocol = mold64\naddresses = 127.0.0.1:1\nfeed = x\n", "t.conf:5: [server s] feed: found \"x\"", "editor +5 t.conf" },
	{ "[server s]\nprotocol = mold64\naddresses = 127.0.0.1:1\ninterface = none0\n",
	  "t.conf:5: [server s] interface: found \"none0\", which this machine has not", "editor +5 t.conf" },
	{ "[recovery]\nquota_file = /\n", "t.conf:3: [recovery] quota_file: found /: is a directory", "editor +3 t.conf" },
	{ "[tail]\npath = /\n[lcore gateway0]\nstage = gateway\n[link b]\nfrom = ingest0\nto = gateway0\n",
	  "t.conf:3: [tail] path: found /: is a directory", "editor +3 t.conf" },
	{ "[run]\nstate_dir = /proc/self/status\n", "t.conf:3: [run] state_dir: found /proc/self/status: is no directory", "editor +3 t.conf" },
	{ "[run]\nstate_dir = /proc/self/status/x\n", "t.conf:3: [run] state_dir: found /proc/self/status/x: is no directory",
	  "editor +3 t.conf" },
	{ "[run]\ncontrol_audit = /\n", "t.conf:3: [run] control_audit: found /: is a directory", "editor +3 t.conf" },
	{ "[run]\ncontrol_audit = /none/such\n", "t.conf:3: [run] control_audit: found /none/such: No such file or directory",
	  "editor +3 t.conf" },
	{ "[run]\ncontrol_path = /etc/passwd\n", "t.conf:3: [run] control_path: found /etc/passwd: is no socket",
	  "editor +3 t.conf" },
	{ "[run]\ncontrol_path = /none/such\n", "t.conf:3: [run] control_path: found /none/such: No such file or directory",
	  "editor +3 t.conf" },
	{ "[eal]\nmemory = 1M\n", "t.conf:3: [eal] memory: found 1 MiB, allowed: 0 (computed), or at least ", "editor +3 t.conf" },
	{ "[port x]\nfiles = /none/x.pcap\n[lcore ingest0]\nqueues = replay, x\n",
	  "t.conf:3: [port x] files: found /none/x.pcap, which cannot be replayed: No such file", "editor +3 t.conf" },
	{ "[port x]\nfiles = /\n[lcore ingest0]\nqueues = replay, x\n",
	  "t.conf:3: [port x] files: found /, which cannot be replayed: is a directory", "editor +3 t.conf" },
	{ "[port replay]\ndevice = net_nothing0\n", "no device \"net_nothing0\": allowed are a PCI address", "editor +3 t.conf" },
	{ "[port replay]\ndevice = net_af_packet0\n", "found \"net_af_packet0\", allowed: net_af_packet with iface=", "editor +3 t.conf" },
	{ "[port replay]\ndevice = net_af_packet0,ifaces=lo\n", "found \"ifaces\", allowed behind net_af_packet: iface qpairs ", "editor +3 t.conf" },
	{ "[eal]\nvdev = net_nothing0\n", "t.conf:3: [eal] vdev: found \"net_nothing0\", allowed: a number behind one of net_af_packet ",
	  "editor +3 t.conf" },
	{ "[eal]\nvdev = net_null0;net_null0\n", "t.conf:3: [eal] vdev: found net_null0 2 times, allowed: once", "editor +3 t.conf" },
	{ "[eal]\nvdev = net_null0,size=64;net_null1,sise=64\n", "t.conf:3: [eal] vdev: found \"sise\", allowed behind net_null: size copy",
	  "editor +3 t.conf" },
	{ "[eal]\nvdev = net_null0,=64\n", "t.conf:3: [eal] vdev: found \"\", allowed behind net_null: size copy", "editor +3 t.conf" },
	{ "[eal]\nvdev = net_null0,size=\n", "t.conf:3: [eal] vdev: found \"size\" without a value", "editor +3 t.conf" },
	{ "[eal]\nvdev = net_pcap0,rx_pcap=/none/x\n", "t.conf:3: [eal] vdev: found rx_pcap=\"/none/x\", allowed: a file", "editor +3 t.conf" },
	{ "[eal]\nvdev = net_af_packet1\n", "t.conf:3: [eal] vdev: found \"net_af_packet1\", allowed: net_af_packet with iface=", "editor +3 t.conf" },
	{ "[eal]\nvdev = net_af_packet1,iface=none0\n", "t.conf:3: [eal] vdev: found \"none0\", which this machine has not", "editor +3 t.conf" },
	{ "[port replay]\ndevice = net_af_packet0,iface=none0\n", "no interface none0", "ip -br link # then set device in t.conf" },
	{ "[port replay]\ndevice = 0000:ff:1f.7\n", "no PCI device 0000:ff:1f.7", "lspci -D | grep -i ethernet # then set device in t.conf" },
	{ "[bars]\nlateness = VENUE=5\n", "t.conf:3: [bars] lateness: found \"VENUE=5\"", "editor +3 t.conf" },
	{ "[bars]\nwatch = TOOLONGNAME\n", "t.conf:3: [bars] watch: found \"TOOLONGNAME\"", "editor +3 t.conf" },
	{ "[port x]\ndevice = net_null0\n[lcore ingest0]\nqueues = replay, x\n",
	  "builtin:plain:16: included in t.conf:1: [port replay] found no device and no captures", "wirebar profile plain > my.conf # then mend line 16, and use --conf my.conf" },
	{ "[lcore other]\nstage = signal\n", "t.conf:2: [lcore other]", "editor +2 t.conf" },
};

TEST_F(Main, TheStartRefusesWhatTheCheckFindsInTheSameWords)
{
	for (auto &r : refused) {
		std::string text = std::string("include = builtin:plain\n") + r.text;
		auto before = std::make_unique<struct conf>();
		struct conf_error err;
		bool there = false;

		ASSERT_EQ(0, conf_parse(before.get(), "t.conf", text.data(), text.size(), &err)) << err.text;
		found.resize(CHECK_FINDINGS_MAX);
		found.resize((size_t)check_host(before.get(), "", found.data(), CHECK_FINDINGS_MAX));
		for (auto &f : found)
			there |= f.level == CHECK_FAIL && !strncmp(f.found, r.found, strlen(r.found)) && !strcmp(f.mend, r.mend);
		EXPECT_TRUE(there) << r.found;
		testing::internal::CaptureStderr();
		EXPECT_EQ(1, check_start(before.get(), false, 0)) << r.found;
		out = testing::internal::GetCapturedStderr();
		EXPECT_NE(out.find(std::string("wirebar: ") + r.found), std::string::npos) << out;
		put("/t.conf", text.c_str());
		EXPECT_EQ(1, call({ "--conf", root + "/t.conf" })) << r.found;
	}
}

TEST_F(Main, AllFindingsAreToldAndTheCommandLineIsUsage)
{
	put("/t.conf", "include = builtin:plain\n[feed]\nfeed = x\n[gate a]\nrule = 2s close > 0\nrule = 3s close > 0\n[gate b]\n");
	EXPECT_EQ(1, call({ "--conf", root + "/t.conf" }));
	for (const char *line : { ":3: [feed]", ":5: [gate a]", ":6: [gate a]", ":7: [gate b]" })
		EXPECT_NE(out.find("t.conf" + std::string(line)), std::string::npos) << line << out;
	EXPECT_EQ(2, call({ "--conf", "builtin:bench", "--set", "bars.history=0" }));
	EXPECT_NE(out.find("command line: --set: [bars] history: found \"0\""), std::string::npos) << out;
	EXPECT_EQ(2, call({ "--conf", "builtin:bench", "--set", "nothing" }));
	struct conf_error err;

	ASSERT_EQ(0, conf_load(c.get(), "builtin:bench", &err));
	conf_origin(c.get(), "command line: --feed");
	ASSERT_EQ(0, conf_set(c.get(), "feed.feed", "none", false, &err));
	testing::internal::CaptureStderr();
	EXPECT_EQ(2, check_start(c.get(), true, 1));
	EXPECT_NE(testing::internal::GetCapturedStderr().find("wirebar: command line: --feed: [feed] feed: found \"none\""), std::string::npos);
}

TEST_F(Main, AUserAndAGroupThatThisMachineHasNotAreMadeFirst)
{
	auto with = [&](const char *set) { return call({ "--conf", "builtin:bench", "--set", set }); };

	EXPECT_EQ(1, with("run.user=none-of-that-name")) << out;
	EXPECT_NE(out.find("[run] user: found \"none-of-that-name\", allowed: a user of this machine\n"), std::string::npos) << out;
	EXPECT_NE(out.find("mend: useradd --system --home-dir /var/lib/wirebar --shell /usr/sbin/nologin none-of-that-name\n"), std::string::npos);
	EXPECT_EQ(1, with("run.group=none-of-that-name")) << out;
	EXPECT_NE(out.find("[run] group: found \"none-of-that-name\""), std::string::npos) << out;
	EXPECT_NE(out.find("mend: groupadd --system none-of-that-name\n"), std::string::npos) << out;
	with("run.user=root");
	EXPECT_EQ(out.find("allowed: a user"), std::string::npos) << out;
}

TEST_F(Main, ATokenThatIsNotThereIsTheConsolesAlone)
{
	std::string text = "include = builtin:plain\n[console]\ntoken_file = /none/such\n";
	struct conf_error err;

	put("/t.conf", text.c_str());
	EXPECT_EQ(1, call({ "--conf", root + "/t.conf" }));
	EXPECT_NE(out.find(":3: [console] token_file: found /none/such: No such file or directory"), std::string::npos) << out;
	ASSERT_EQ(0, conf_parse(c.get(), "t.conf", text.data(), text.size(), &err)) << err.text;
	EXPECT_EQ(0, check_start(c.get(), true, 1));
}

TEST_F(Main, ExitCodes)
{
	const struct { const char *path, *text; int rc; const char *says; } steps[] = {
		{ "/t.conf", RACK, 0, "17 ok, 0 not needed, 0 warn, 0 fail\n" },
		{ "/proc/812/comm", "irqbalance\n", 0, "  mend: systemctl disable --now irqbalance\n" }, // a warning stops no run
		{ "/proc/mounts", "", 1, "ok          configuration" },
		{ "/t.conf", "[bars]\nhistory = 0\n", 1, "t.conf:2: [bars] history: found \"0\", allowed: 1 to 4096\n" },
		{ "/t.conf", "[bars]\nhistory = 0\n", 1, "mend: editor +2 /" },
		{ "/t.conf", nullptr, 1, "t.conf" },
	};

	for (auto &s : steps) {
		put(s.path, s.text);
		EXPECT_EQ(s.rc, call({ "--conf", root + "/t.conf", "--root", root })) << out;
		EXPECT_NE(out.find(s.says), std::string::npos) << out;
	}
}

TEST_F(Main, Usage)
{
	EXPECT_EQ(0, call({ "--help" }));
	EXPECT_EQ(0u, out.find("usage: wirebar check --conf FILE"));
	for (auto &args : std::vector<std::vector<std::string>>{ {}, { "--conf" }, { "--what" }, { "--conf", "a", "b" } })
		EXPECT_EQ(2, call(args));
}

} // namespace
