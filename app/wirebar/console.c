/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/appliance.h"
#include "app/wirebar/beside.h"

int console_main(int argc, char **argv)
{
	(void)argc;
	return beside_run("console", argv);
}
