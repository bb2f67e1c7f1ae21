/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/nic/nic_device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>

static bool is_pci(const char *name)
{
	unsigned domain, bus, slot, function;
	int used = 0;

	return (sscanf(name, "%x:%x:%x.%u%n", &domain, &bus, &slot, &function, &used) == 4 &&
		name[used] == '\0') ||
	       (sscanf(name, "%x:%x.%u%n", &bus, &slot, &function, &used) == 3 && name[used] == '\0');
}

static void list_ports(char *out, size_t out_len)
{
	uint16_t id;
	size_t used = 0;

	out[0] = '\0';
	RTE_ETH_FOREACH_DEV(id)
	{
		char name[RTE_ETH_NAME_MAX_LEN] = "";

		rte_eth_dev_get_name_by_port(id, name);
		if (used < out_len)
			used += (size_t)snprintf(out + used, out_len - used, "%s%s", used ? ", " : "", name);
	}
	if (used == 0)
		snprintf(out, out_len, "none");
}

static int refuse(const struct nic_conf *conf, const char *said, int rc, char *err, size_t err_len)
{
	char there[256];

	list_ports(there, sizeof there);
	snprintf(err, err_len,
		 "%s: no device %s: %s; there: %s (a kernel interface is reached by "
		 "net_af_xdp0,iface=NAME or net_af_packet0,iface=NAME)",
		 conf->name, conf->device, said, there);
	return rc;
}

int nic_device_open(struct nic_device *device, const struct nic_conf *conf, char *err, size_t err_len)
{
	const char *comma = strchr(conf->device, ',');
	size_t len = comma ? (size_t)(comma - conf->device) : strlen(conf->device);
	const char *bus = NULL;
	int rc;

	if (len == 0 || len >= sizeof device->name)
		return refuse(conf, "that is no name", -EINVAL, err, err_len);
	memcpy(device->name, conf->device, len);
	device->name[len] = '\0';
	if (rte_eth_dev_get_port_by_name(device->name, &device->id) == 0) {
		if (rte_eth_dev_is_valid_port(device->id)) {
			device->open = true;
			return 0;
		}
		return refuse(conf, "not usable", -ENODEV, err, err_len);
	}
	if (is_pci(device->name))
		bus = "pci";
	else if (!strncmp(device->name, "net_", 4) || !strncmp(device->name, "virtio_user", 11))
		bus = "vdev";
	else
		return refuse(conf, "not among the ports, and neither a PCI address nor a virtual device",
			      -ENODEV, err, err_len);
	rc = rte_eal_hotplug_add(bus, device->name, comma ? comma + 1 : "");
	if (rc < 0)
		return refuse(conf, rte_strerror(-rc), rc, err, err_len);
	snprintf(device->bus, sizeof device->bus, "%s", bus);
	if (rte_eth_dev_get_port_by_name(device->name, &device->id) < 0)
		return refuse(conf, "it is no ethdev", -ENODEV, err, err_len);
	device->open = true;
	return 0;
}

// RFC 1112 section 6.4: the low 23 bits of the group.
static void group_mac(uint32_t group, struct rte_ether_addr *mac)
{
	*mac = (struct rte_ether_addr){ { 0x01, 0x00, 0x5e, group >> 16 & 0x7f, group >> 8 & 0xff,
					  group & 0xff } };
}

int nic_device_filter(struct nic_device *device, const struct nic_conf *conf, char *err, size_t err_len)
{
	struct rte_ether_addr mac[NIC_GROUPS + 1];
	uint32_t n = 0;
	int rc;

	if (conf->promiscuous) {
		rc = rte_eth_promiscuous_enable(device->id);
		// Some virtual devices receive all there is and know no other way.
		if (rc < 0 && rc != -ENOTSUP) {
			snprintf(err, err_len, "%s: %s cannot be made promiscuous: %s", conf->name,
				 conf->device, rte_strerror(-rc));
			return rc;
		}
		return 0;
	}
	for (; n < conf->n_groups; n++) {
		if (conf->groups[n] >> 28 != 0xe) {
			snprintf(err, err_len,
				 "%s: %u.%u.%u.%u is no multicast group; allowed are 224.0.0.0 to "
				 "239.255.255.255",
				 conf->name, conf->groups[n] >> 24, conf->groups[n] >> 16 & 255,
				 conf->groups[n] >> 8 & 255, conf->groups[n] & 255);
			return -EINVAL;
		}
		group_mac(conf->groups[n], &mac[n]);
	}
	if (conf->member)
		group_mac(UINT32_C(0xe0000001), &mac[n++]); // general queries
	if (n == 0 || rte_eth_dev_set_mc_addr_list(device->id, mac, n) == 0)
		return 0;
	rc = rte_eth_allmulticast_enable(device->id);
	rte_log(RTE_LOG_NOTICE, RTE_LOGTYPE_USER1, "port %s: %s keeps no list of groups: %s\n", conf->name,
		conf->device, rc == 0 ? "it receives all multicast" : "it is made promiscuous");
	if (rc < 0)
		rc = rte_eth_promiscuous_enable(device->id);
	if (rc < 0 && rc != -ENOTSUP) {
		snprintf(err, err_len, "%s: %s takes no multicast: %s", conf->name, conf->device,
			 rte_strerror(-rc));
		return rc;
	}
	return 0;
}

void nic_device_close(struct nic_device *device)
{
	if (device->open)
		rte_eth_dev_close(device->id);
	if (device->bus[0])
		rte_eal_hotplug_remove(device->bus, device->name);
	*device = (struct nic_device){ 0 };
}
