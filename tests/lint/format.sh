#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# format.sh: every .c and .h file is as clang-format leaves it (.clang-format). Mends them when called with --mend.
cd "$WIREBAR_SOURCE" 2>/dev/null || cd "$(dirname "$0")/../.." || exit 1
command -v clang-format >/dev/null || { echo "clang-format is not installed: skipped"; exit 77; }
git rev-parse --git-dir >/dev/null 2>&1 || { echo "not a git checkout: skipped"; exit 77; }
if [ "$1" = --mend ]; then
	git ls-files -z '*.c' '*.h' | xargs -0 clang-format -i
	exit
fi
git ls-files -z '*.c' '*.h' | xargs -0 clang-format --dry-run -Werror || { echo "tests/lint/format.sh --mend formats them"; exit 1; }
echo clean
