/* SPDX-License-Identifier: BSD-3-Clause */
// conf_profile.c: the profiles that the program carries in itself.
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"

const struct conf_profile conf_profiles[] = {
	{ "bench", conf_bench_text, &conf_bench_bytes,
	  "replay on a laptop or in CI; what replay takes without --conf" },
	{ "plain", conf_plain_text, &conf_plain_bytes,
	  "bench without its gates: to include beneath gates of one's own" },
	{ "demo", conf_demo_text, &conf_demo_bytes, "replay at the captures' own pace, with more gates" },
	{ "rack", conf_rack_text, &conf_rack_bytes,
	  "the appliance: two NIC ports, isolated cpus, hugepages" },
	{ NULL, NULL, NULL, NULL },
};

const struct conf_profile *conf_profile_find(const char *name)
{
	for (const struct conf_profile *p = conf_profiles; p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

void conf_profile_names(char *out, size_t out_bytes)
{
	size_t n = 0;

	for (const struct conf_profile *p = conf_profiles; p->name && n < out_bytes; p++)
		n += (size_t)snprintf(out + n, out_bytes - n, "%s%s", n ? ", " : "", p->name);
}
