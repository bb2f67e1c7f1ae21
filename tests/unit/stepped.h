/* SPDX-License-Identifier: BSD-3-Clause */
// stepped.h: work of a child that is stepped through, instruction by instruction: what it shares can be
// looked at as a kill between any two of them would leave it.
#ifndef WB_TESTS_STEPPED_H
#define WB_TESTS_STEPPED_H

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "tests/unit/sanitized.h"

// stepped calls seen before each instruction of work, from the child's SIGSTOP of that number on: the first
// is before work, the others work raises. Returns false: a process cannot be stepped through here, or is not
// to be.
static inline bool stepped(int from_stop, const std::function<void()> &work,
			   const std::function<void()> &seen)
{
#ifdef SANITIZED // steps of what they add are no steps of the program, and there are ten times as many
	return false;
#endif
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0)
			_exit(77);
		raise(SIGSTOP);
		work();
		_exit(0);
	}
	for (int stops = 0; waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);) {
		stops += WSTOPSIG(status) == SIGSTOP;
		if (stops >= from_stop)
			seen();
		int sig = WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status);

		if (ptrace(stops >= from_stop ? PTRACE_SINGLESTEP : PTRACE_CONT, pid, nullptr, sig) < 0)
			break;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		return false;
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
	return true;
}

#endif
