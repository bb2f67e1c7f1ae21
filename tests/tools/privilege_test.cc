/* SPDX-License-Identifier: BSD-3-Clause */
// What may not be done is tried, in processes that have given it up: each system call that exists, by each role;
// files, capabilities and users, also from threads that were there before.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "app/wirebar/control_peer.h"
#include "app/wirebar/privilege/drop.h"
#include "app/wirebar/privilege/everywhere.h"
#include "app/wirebar/privilege/landlock.h"
#include "app/wirebar/privilege/syscalls.h"
#include "lcore/base/thread.h"
}

namespace
{

enum { NUMBERS = 460 }; // x86-64 has no more, but for x32's

// How a child ended that did what `what` does: its exit code, or minus the signal.
int child(const std::function<int()> &what)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit none = { 0, 0 }; // a killed child leaves no core
		setrlimit(RLIMIT_CORE, &none);
		_exit(what());
	}
	int status = 0;

	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

// A thread that is there before, and does what it is given when it is told to.
class Early
{
public:
	explicit Early(std::function<long()> does) : does_(std::move(does)), thread_([this] { run(); }) {}

	long told()
	{
		go_ = true;
		thread_.join();
		return result_;
	}

private:
	void run()
	{
		while (!go_)
			usleep(100);
		result_ = does_();
	}

	std::function<long()> does_;
	std::atomic<bool> go_{ false };
	long result_ = 0;
	std::thread thread_;
};

std::string name_of(int nr)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
	std::string out = name ? name : "";

	free(name);
	return out;
}

// Numbers of calls that a role may not make at all.
std::vector<int> forbidden(unsigned role)
{
	std::vector<int> out;

	for (int nr = 0; nr < NUMBERS; nr++)
		if (!name_of(nr).empty() && !syscalls_allowed(role, name_of(nr).c_str()) && name_of(nr) != "clone3")
			out.push_back(nr);
	return out;
}

int no_new_privs() { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

bool have_filters() { return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0; }

const unsigned ROLES[] = { SYSCALLS_FUSED,
			   SYSCALLS_FUSED | SYSCALLS_LIVE,
			   SYSCALLS_FUSED | SYSCALLS_LIVE | SYSCALLS_RECOVERY,
			   SYSCALLS_INGEST | SYSCALLS_LIVE,
			   SYSCALLS_INGEST | SYSCALLS_LIVE | SYSCALLS_DETACH,
			   SYSCALLS_SIGNAL | SYSCALLS_LIVE,
			   SYSCALLS_TELEMETRY | SYSCALLS_LIVE,
			   SYSCALLS_SINKS | SYSCALLS_LIVE,
			   SYSCALLS_SINKS | SYSCALLS_LIVE | SYSCALLS_GATEWAY,
			   SYSCALLS_SUPERVISOR };

class Role : public testing::TestWithParam<unsigned>
{
};

// The first number that is not refused; 0: none (read is allowed to all).
int first_made(unsigned role)
{
	for (int nr : forbidden(role))
		if (syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L) != -1 || errno != EPERM)
			return nr;
	return 0;
}

TEST_P(Role, is_refused_every_call_that_is_not_on_its_list)
{
	unsigned role = GetParam();

	if (!have_filters())
		GTEST_SKIP() << "this kernel has no seccomp filters";
	EXPECT_GT(forbidden(role).size(), role & SYSCALLS_SUPERVISOR ? 35U : 200U);
	EXPECT_EQ(child([role] {
			  Early early([role] { return first_made(role); });
			  if (no_new_privs() || syscalls_filter(role, SYSCALLS_ERRNO))
				  return 251;
			  int mine = first_made(role); // exit codes have 8 bits: what was made is said
			  int its = (int)early.told();
			  if (mine || its)
				  fprintf(stderr, "made: %s, %s\n", name_of(mine).c_str(), name_of(its).c_str());
			  return mine || its ? 1 : 0;
		  }),
		  0);
}

// A filter is made anew in each child, which takes a while: those that an intruder would begin with.
TEST_P(Role, is_killed_by_a_call_that_is_not_on_its_list)
{
	unsigned role = GetParam();
	const char *const calls[] = { "execve", "fork", "ptrace", "socket", "setuid", "mount", "bpf", "io_uring_setup" };

	if (!have_filters())
		GTEST_SKIP() << "this kernel has no seccomp filters";
	for (const char *name : calls) {
		if (syscalls_allowed(role, name))
			continue;
		EXPECT_EQ(child([role, name] {
				  int nr = seccomp_syscall_resolve_name(name);

				  if (no_new_privs() || syscalls_filter(role, SYSCALLS_KILL))
					  return 251;
				  return syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L) ? 1 : 2;
			  }),
			  -SIGSYS)
			<< name;
	}
}

INSTANTIATE_TEST_SUITE_P(Roles, Role, testing::ValuesIn(ROLES));

TEST(syscalls, of_ingest_reach_the_network_for_recovery_only)
{
	EXPECT_FALSE(syscalls_allowed(SYSCALLS_FUSED | SYSCALLS_LIVE, "socket"));
	EXPECT_FALSE(syscalls_allowed(SYSCALLS_INGEST | SYSCALLS_LIVE, "connect"));
	EXPECT_TRUE(syscalls_allowed(SYSCALLS_INGEST | SYSCALLS_LIVE | SYSCALLS_RECOVERY, "socket"));
	EXPECT_FALSE(syscalls_allowed(SYSCALLS_SIGNAL | SYSCALLS_LIVE | SYSCALLS_RECOVERY | SYSCALLS_GATEWAY, "socket"));
	EXPECT_FALSE(syscalls_allowed(SYSCALLS_TELEMETRY | SYSCALLS_LIVE | SYSCALLS_RECOVERY | SYSCALLS_GATEWAY, "connect"));
	EXPECT_FALSE(syscalls_allowed(SYSCALLS_SINKS | SYSCALLS_LIVE | SYSCALLS_RECOVERY, "connect"));
	EXPECT_TRUE(syscalls_allowed(SYSCALLS_SINKS | SYSCALLS_GATEWAY, "connect"));
	EXPECT_TRUE(syscalls_allowed(SYSCALLS_FUSED | SYSCALLS_LIVE | SYSCALLS_GATEWAY, "connect"));
	for (unsigned role : { SYSCALLS_FUSED, SYSCALLS_INGEST, SYSCALLS_SIGNAL, SYSCALLS_TELEMETRY, SYSCALLS_SINKS })
		for (const char *name : { "execve", "fork", "vfork", "ptrace", "bpf", "mount", "setuid", "capset", "open_tree" })
			EXPECT_FALSE(syscalls_allowed(role | SYSCALLS_LIVE | SYSCALLS_RECOVERY, name)) << name;
}

// A thread of C's: of a std::thread the sanitizer checks the virtual table, by a pipe, which the filter refuses it.
bool thread_runs()
{
	pthread_t t;
	int said = 0;
	void *heard = nullptr;

	return !pthread_create(&t, nullptr, [](void *arg) { return arg; }, &said) && !pthread_join(t, &heard) && heard == &said;
}

// A bit for each that went wrong.
int arguments()
{
	const long page = 4096;
	int bad = 0;

	bad |= mmap(nullptr, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED || errno != EPERM;
	void *data = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	bad |= (data == MAP_FAILED) << 1;
	bad |= (!mprotect(data, page, PROT_READ | PROT_EXEC) || errno != EPERM) << 2;
	bad |= (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) != -1 || errno != EPERM) << 3; // a process
	bad |= (kill(getpid(), 0) != 0) << 4;
	bad |= (!kill(getpid(), SIGCONT) || errno != EPERM) << 5;
	char c = 'x';

	bad |= (!ioctl(0, 0x5412 /* TIOCSTI */, &c) || errno != EPERM) << 6;
	return bad | !thread_runs() << 7;
}

TEST(syscalls, look_at_arguments)
{
	if (!have_filters())
		GTEST_SKIP() << "this kernel has no seccomp filters";
	EXPECT_EQ(child([] {
			  return no_new_privs() || syscalls_filter(SYSCALLS_FUSED, SYSCALLS_ERRNO) ? 251 : arguments();
		  }),
		  0);
	EXPECT_EQ(child([] {
			  if (no_new_privs() || syscalls_filter(SYSCALLS_FUSED, SYSCALLS_KILL))
				  return 251;
			  if (!thread_runs())
				  return 3;
			  return kill(getpid(), SIGCONT) ? 1 : 2;
		  }),
		  -SIGSYS);
}

TEST(syscalls, off_is_no_filter_and_log_refuses_nothing)
{
	for (syscalls_act act : { SYSCALLS_OFF, SYSCALLS_LOG })
		EXPECT_EQ(child([act] {
				  return no_new_privs() || syscalls_filter(SYSCALLS_FUSED, act) || getsid(0) < 0;
			  }),
			  0);
}

int reached;

int count(void *arg)
{
	__atomic_add_fetch(&reached, 1, __ATOMIC_RELAXED);
	return *static_cast<int *>(arg);
}

TEST(everywhere, is_every_thread_once)
{
	std::atomic<bool> stop{ false };
	std::vector<std::thread> threads;
	char why[200];
	int rc = 0;

	for (int i = 0; i < 12; i++)
		threads.emplace_back([&stop, i] {
			while (!stop) {
				if (i % 3 == 0)
					usleep(100000); // asleep in the kernel
				if (i % 3 == 1)
					sched_yield();
			}
		});
	reached = 0;
	EXPECT_EQ(everywhere(count, &rc, why, sizeof why), 0) << why;
	EXPECT_EQ(reached, 13);
	rc = -EDOM;
	EXPECT_EQ(everywhere(count, &rc, why, sizeof why), -EDOM);
	stop = true;
	for (std::thread &t : threads)
		t.join();
	rc = reached = 0;
	EXPECT_EQ(everywhere(count, &rc, why, sizeof why), 0);
	EXPECT_EQ(reached, 1);
}

void *wait_for(void *stop)
{
	while (!*static_cast<std::atomic<bool> *>(stop))
		usleep(1000);
	return nullptr;
}

TEST(everywhere, reaches_the_threads_of_services)
{
	std::atomic<bool> stop{ false };
	char why[200];
	int rc = 0;
	pthread_t service;

	ASSERT_EQ(thread_start(&service, "service", wait_for, &stop), 0);
	reached = 0;
	EXPECT_EQ(everywhere(count, &rc, why, sizeof why), 0) << why;
	EXPECT_EQ(reached, 2);
	stop = true;
	pthread_join(service, nullptr);
}

TEST(everywhere, names_a_thread_that_takes_no_signal)
{
	std::atomic<bool> stop{ false }, ready{ false };
	char why[200];
	int rc = 0;

	std::thread deaf([&] {
		sigset_t all;
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, nullptr);
		prctl(PR_SET_NAME, "deaf");
		for (ready = true; !stop;)
			usleep(1000);
	});
	while (!ready)
		usleep(1000);
	EXPECT_EQ(everywhere(count, &rc, why, sizeof why), -EAGAIN);
	EXPECT_NE(strstr(why, "(deaf)"), nullptr) << why;
	stop = true;
	deaf.join();
}

class Files : public testing::Test
{
protected:
	void SetUp() override
	{
		char path[] = "/tmp/privilege_test.XXXXXX";

		dir_ = mkdtemp(path);
		for (const char *sub : { "read", "write", "other" })
			mkdir((dir_ + "/" + sub).c_str(), 0755);
		for (const char *file : { "read/file", "write/file", "other/file" })
			make(file);
	}

	void TearDown() override { std::system(("rm -rf " + dir_).c_str()); }

	int make(const std::string &file) const
	{
		int fd = open((dir_ + "/" + file).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);

		if (fd >= 0)
			close(fd);
		return fd < 0 ? -errno : 0;
	}

	int look(const std::string &file) const
	{
		int fd = open((dir_ + "/" + file).c_str(), O_RDONLY);

		if (fd >= 0)
			close(fd);
		return fd < 0 ? -errno : 0;
	}

	// A bit for each that went wrong.
	int tried() const
	{
		int bad = 0;

		bad |= look("read/file") != 0;
		bad |= (make("read/file") != -EACCES) << 1;
		bad |= (make("read/new") != -EACCES) << 2;
		bad |= (look("write/file") != 0 || make("write/file") != 0) << 3;
		bad |= (make("write/new") != 0) << 4;
		bad |= (rename((dir_ + "/write/new").c_str(), (dir_ + "/write/newer").c_str()) != 0) << 5;
		bad |= (unlink((dir_ + "/write/newer").c_str()) != 0) << 6;
		bad |= (look("other/file") != -EACCES || unlink((dir_ + "/other/file").c_str()) == 0) << 7;
		return bad;
	}

	std::string dir_;
};

TEST_F(Files, of_the_run_are_open_to_all_threads_and_no_others)
{
	struct landlock_set set;

	ASSERT_EQ(landlock_begin(&set), 0);
	if (!set.abi)
		GTEST_SKIP() << "this kernel has no Landlock";
	ASSERT_EQ(landlock_allow(&set, (dir_ + "/read").c_str(), LANDLOCK_READ), 0);
	ASSERT_EQ(landlock_allow(&set, (dir_ + "/write").c_str(), LANDLOCK_WRITE), 0);
	ASSERT_EQ(landlock_allow(&set, (dir_ + "/none").c_str(), LANDLOCK_WRITE), 0);
	ASSERT_EQ(landlock_allow(&set, "/proc", LANDLOCK_READ), 0);
	EXPECT_EQ(child([&] {
			  Early early([&] { return tried(); });
			  struct drop_user nobody_else = {};
			  char why[200];

			  if (drop_become(&nobody_else, &set, why, sizeof why))
				  return 251;
			  int its = (int)early.told();
			  return its ? its : tried();
		  }),
		  0);
	landlock_end(&set);
	EXPECT_EQ(look("other/file"), 0);
}

// A bit for each that went wrong.
int held(const struct drop_user &u, const std::string &file)
{
	int bad = drop_caps() != 0;

	bad |= (getuid() != u.uid || geteuid() != u.uid || getegid() != u.gid) << 1;
	bad |= (setuid(0) == 0) << 2;
	bad |= (open(file.c_str(), O_RDONLY) >= 0) << 3;
	bad |= (prctl(PR_CAPBSET_READ, 0 /* CHOWN */, 0, 0, 0) != 0) << 4;
	return bad | (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) << 5;
}

TEST_F(Files, of_root_are_closed_to_whom_it_becomes)
{
	struct drop_user u;
	char why[512] = "";

	if (geteuid())
		GTEST_SKIP() << "not root: cannot become somebody else";
	ASSERT_EQ(drop_find("nobody", &u, why, sizeof why), 0) << why;
	EXPECT_TRUE(u.changes);
	chmod((dir_ + "/other/file").c_str(), 0600);
	EXPECT_EQ(child([&] {
			  Early early([&] { return held(u, dir_ + "/other/file"); });
			  struct landlock_set none = {};

			  none.fd = -1;
			  if (drop_become(&u, &none, why, sizeof why) || drop_check(&u, false, why, sizeof why))
				  return 251;
			  if (drop_check(&u, true, why, sizeof why) != -EPERM) // there is no filter
				  return 252;
			  int its = (int)early.told();
			  return its ? its : held(u, dir_ + "/other/file");
		  }),
		  0);
}

// The folder is another user's, who may put anything in the socket's place before root passes it on.
TEST(peers, share_a_socket_and_nothing_that_stands_in_its_place)
{
	char dir[] = "/tmp/wirebar-peers-XXXXXX";
	control_peers peers = { .user = geteuid(), .has_group = true, .group = getegid() };

	ASSERT_NE(mkdtemp(dir), nullptr);
	std::string file = std::string(dir) + "/file", link = std::string(dir) + "/link", at = std::string(dir) + "/socket";
	sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "" };
	struct stat st;
	int fd = open(file.c_str(), O_WRONLY | O_CREAT, 0600), s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strcpy(address.sun_path, at.c_str());
	ASSERT_EQ(bind(s, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
	ASSERT_EQ(chmod(at.c_str(), 0700), 0);
	ASSERT_EQ(symlink(file.c_str(), link.c_str()), 0);
	EXPECT_EQ(control_peer_share(at.c_str(), &peers), 0);
	EXPECT_LT(control_peer_share(link.c_str(), &peers), 0);
	EXPECT_LT(control_peer_share(file.c_str(), &peers), 0);
	EXPECT_EQ(control_peer_share((std::string(dir) + "/none").c_str(), &peers), -ENOENT);
	ASSERT_EQ(stat(at.c_str(), &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0660u);
	ASSERT_EQ(fstat(fd, &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0600u);
	close(fd);
	close(s);
	for (const std::string &p : { at, link, file })
		unlink(p.c_str());
	rmdir(dir);
}

TEST(drop, checks_each_thread)
{
	EXPECT_EQ(child([] {
			  std::atomic<bool> stop{ false }, ready{ false };
			  struct drop_user u = {};
			  char why[200] = "";
			  std::thread earlier([&] { // it was missed
				  for (ready = true; !stop;)
					  usleep(1000);
			  });
			  while (!ready)
				  usleep(1000);
			  int rc = no_new_privs() ? 251 : drop_check(&u, false, why, sizeof why);
			  stop = true;
			  earlier.join();
			  return rc == -EPERM && strstr(why, "new privileges") ? 0 : 1;
		  }),
		  0);
}

TEST(drop, of_a_user_who_is_not_there_or_not_to_be_had)
{
	struct drop_user u;
	char why[512] = "";

	EXPECT_EQ(drop_find("", &u, why, sizeof why), 0);
	EXPECT_FALSE(u.wanted || u.changes);
	EXPECT_EQ(drop_find("no-such-user", &u, why, sizeof why), -ENOENT);
	EXPECT_NE(strstr(why, "useradd --system"), nullptr) << why;
	EXPECT_EQ(child([] {
			  struct drop_user other;
			  char text[512] = "";

			  if (geteuid() == 0 && setuid(65534))
				  return 251;
			  return drop_find("root", &other, text, sizeof text) == -EPERM && strstr(text, "only root") ? 0 : 1;
		  }),
		  0);
}

} // namespace
