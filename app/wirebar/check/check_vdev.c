/* SPDX-License-Identifier: BSD-3-Clause */
// check_vdev.c: virtual devices of DPDK, as a port's device or under [eal] vdev: what EAL would refuse once
// it starts.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_kvargs.h>

#include "app/wirebar/check/check.h"
#include "conf/key.h"

// The drivers of DPDK 22.11 and later. needs: the argument that they do not start without. keys: all that
// they know, where the list is short enough to be told to who mistypes one; NULL: not looked at. iface: that
// of a device of this machine.
static const struct {
	const char *name, *needs, *keys;
	bool iface;
} drivers[] = {
	{ "net_af_packet", "iface=", "iface qpairs blocksz framesz framecnt qdisc_bypass fanout_mode", true },
	{ "net_af_xdp", "iface=",
	  "iface start_queue queue_count shared_umem xdp_prog busy_budget force_copy use_cni use_pinned_map dp_path "
	  "mode",
	  true },
	{ "net_pcap", "=",
	  "rx_pcap tx_pcap rx_iface rx_iface_in rx_iface_out tx_iface iface phy_mac infinite_rx eof", true },
	{ "net_null", NULL, "size copy no-rx", false },
	{ "net_ring", NULL, "nodeaction internal", false },
	{ "net_tap", NULL, "iface mac remote persist speed", false },
	{ "net_tun", NULL, "iface persist", false },
	{ "net_memif", NULL,
	  "id role bsize rsize socket socket-abstract owner-uid owner-gid mac zero-copy secret", false },
	{ "net_vhost", "iface=", NULL, false },
	{ "net_virtio_user", "path=", NULL, false },
	{ "virtio_user", "path=", NULL, false },
	{ "net_bonding", "=", NULL, false },
	{ "net_failsafe", "(", NULL, false },
	{ "net_softnic", NULL, NULL, false },
	{ "net_vdev_netvsc", NULL, NULL, false },
	{ "net_ionic", NULL, NULL, false },
};

enum { N_DRIVERS = sizeof drivers / sizeof *drivers };

// A device's name is its driver's, followed by digits.
static int driver_of(const char *device)
{
	size_t len = strcspn(device, ",");

	for (int i = 0; i < N_DRIVERS; i++) {
		size_t n = strlen(drivers[i].name);

		if (n <= len && !strncmp(device, drivers[i].name, n) &&
		    strspn(device + n, "0123456789_") == len - n)
			return i;
	}
	return -1;
}

static bool known(const char *keys, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = keys; len && (p = strstr(p, key)); p += len)
		if ((p == keys || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

// What is wrong with one argument: a key that the driver does not know, no value, or a file that cannot be
// read.
static bool argument(int driver, const struct rte_kvargs_pair *pair, char *why, size_t why_len)
{
	const char *keys = drivers[driver].keys;
	char quoted[80];

	key_quote(pair->key, quoted, sizeof quoted);
	if (keys && !known(keys, pair->key)) {
		snprintf(why, why_len, "found %s, allowed behind %s: %s", quoted, drivers[driver].name, keys);
		return false;
	}
	if (pair->value && !pair->value[0]) {
		snprintf(why, why_len, "found %s without a value, allowed: key=value,... behind %s", quoted,
			 drivers[driver].name);
		return false;
	}
	if (!strcmp(pair->key, "rx_pcap") && pair->value && access(pair->value, R_OK)) {
		key_quote(pair->value, quoted, sizeof quoted);
		snprintf(why, why_len, "found rx_pcap=%s, allowed: a file that can be read", quoted);
		return false;
	}
	return true;
}

// Whether the arguments are a list that DPDK can read, each of them right.
static bool arguments(int driver, const char *text, char *why, size_t why_len)
{
	struct rte_kvargs *list = rte_kvargs_parse(text, NULL);
	bool good = true;
	char quoted[80];

	if (!list) {
		key_quote(text, quoted, sizeof quoted);
		snprintf(why, why_len, "found %s behind %s, allowed: key=value,...", quoted,
			 drivers[driver].name);
		return false;
	}
	for (unsigned i = 0; i < list->count && good; i++)
		good = argument(driver, &list->pairs[i], why, why_len);
	rte_kvargs_free(list);
	return good;
}

enum check_vdev_kind check_vdev(const char *device, char *why, size_t why_len)
{
	int d = driver_of(device);
	const char *comma = strchr(device, ',');
	char quoted[80];
	size_t n;

	key_quote(device, quoted, sizeof quoted);
	if (d < 0) {
		n = (size_t)snprintf(why, why_len, "found %s, allowed: a number behind one of", quoted);
		for (int i = 0; i < N_DRIVERS && n < why_len; i++)
			n += (size_t)snprintf(why + n, why_len - n, " %s", drivers[i].name);
		return CHECK_VDEV_UNKNOWN;
	}
	if (comma && !arguments(d, comma + 1, why, why_len))
		return CHECK_VDEV_WRONG;
	if (drivers[d].needs && !strstr(comma ? comma : "", drivers[d].needs)) {
		snprintf(why, why_len, "found %s, allowed: %s with %s... behind it", quoted, drivers[d].name,
			 drivers[d].needs);
		return CHECK_VDEV_WRONG;
	}
	return drivers[d].iface ? CHECK_VDEV_HOST : CHECK_VDEV_ALONE;
}

bool check_vdev_made(const struct conf *c, const char *device)
{
	const char *cursor = c->eal.vdev;
	struct conf_item item;

	while (conf_list_next(&cursor, ';', &item))
		if (!strncmp(item.text, device, strcspn(item.text, ",")) && !device[strcspn(item.text, ",")])
			return true;
	return false;
}
