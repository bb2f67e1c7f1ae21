/* SPDX-License-Identifier: BSD-3-Clause */
// check_port.c: NICs by PCI address, and the interfaces that vdevs use.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar/check/check.h"
#include "conf/key.h"

// Drivers that leave the device to the kernel and let DPDK in beside it.
static bool bifurcated(const char *driver)
{
	return !strcmp(driver, "mlx4_core") || !strcmp(driver, "mlx5_core") || !strcmp(driver, "mana");
}

static bool for_dpdk(const char *driver)
{
	return !strcmp(driver, "vfio-pci") || !strcmp(driver, "uio_pci_generic") ||
	       !strcmp(driver, "igb_uio") || bifurcated(driver);
}

// The name of the driver that has the device; empty: none.
static void driver_of(const struct check *k, const char *pci, char *out, size_t out_bytes)
{
	char path[1024], target[1024];
	const char *name;
	ssize_t n;

	out[0] = 0;
	snprintf(path, sizeof path, "%s/sys/bus/pci/devices/%s/driver", k->root, pci);
	n = readlink(path, target, sizeof target - 1);
	if (n <= 0)
		return;
	target[n] = 0;
	name = strrchr(target, '/');
	snprintf(out, out_bytes, "%.63s", name ? name + 1 : target);
}

static void iommu(struct check *k, const char *what, const char *pci, const char *driver)
{
	char text[8];

	if (strcmp(driver, "vfio-pci") || check_exists(k->root, "/sys/bus/pci/devices/%s/iommu_group", pci))
		return;
	check_read(k->root, text, sizeof text, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	if (*text == 'Y') {
		check_say(k, CHECK_WARN, what, "vfio without an IOMMU: the device can write anywhere");
		check_mend(k, "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&intel_iommu=on iommu=pt /' "
			      "/etc/default/grub && update-grub # then reboot");
		return;
	}
	check_say(k, CHECK_FAIL, what, "vfio-pci, and the machine has no IOMMU group for %s", pci);
	check_mend(k, "echo 1 > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
}

static void pci_port(struct check *k, const char *what, const char *pci)
{
	char driver[64];
	const char *module = "vfio-pci";

	if (!check_exists(k->root, "/sys/bus/pci/devices/%s", pci)) {
		check_say(k, CHECK_FAIL, what, "no PCI device %s", pci);
		check_mend(k, "lspci -D | grep -i ethernet # then set device in %s", k->c->file);
		return;
	}
	driver_of(k, pci, driver, sizeof driver);
	if (for_dpdk(driver)) {
		check_say(k, CHECK_OK, what, "%s has driver %s", pci, driver);
		iommu(k, what, pci, driver);
		return;
	}
	check_say(k, CHECK_FAIL, what, "%s has driver %s, needed: vfio-pci%s", pci, *driver ? driver : "none",
		  check_exists(k->root, "/sys/module/vfio_pci") || check_exists(k->root, "/dev/vfio/vfio")
			  ? ""
			  : ", which is not loaded");
	check_mend(k, "modprobe %s && dpdk-devbind.py -b %s %s", module, module, pci);
}

static void iface_port(struct check *k, const char *what, const char *iface, bool needs_raw)
{
	enum { CAP_NET_RAW_BIT = 13, IFF_UP_BIT = 0 };
	char text[32];

	if (!check_exists(k->root, "/sys/class/net/%s", iface)) {
		check_say(k, CHECK_FAIL, what, "no interface %s", iface);
		check_mend(k, "ip -br link # then set device in %s", k->c->file);
		return;
	}
	check_read(k->root, text, sizeof text, "/sys/class/net/%s/flags", iface);
	if (!(strtoul(text, NULL, 16) >> IFF_UP_BIT & 1)) {
		check_say(k, CHECK_FAIL, what, "interface %s is down", iface);
		check_mend(k, "ip link set %s up", iface);
		k->out[k->n - 1].runs = true;
	} else {
		check_read(k->root, text, sizeof text, "/sys/class/net/%s/operstate", iface);
		if (!strcmp(text, "down") || !strcmp(text, "lowerlayerdown")) {
			check_say(k, CHECK_WARN, what, "interface %s is up, its link is %s", iface, text);
			check_mend(k, "ethtool %s", iface);
		} else {
			check_say(k, CHECK_OK, what, "interface %s is up", iface);
		}
	}
	if (needs_raw && !k->is_root && !(k->caps >> CAP_NET_RAW_BIT & 1)) {
		check_say(k, CHECK_FAIL, what, "this process may not open raw sockets on %s", iface);
		check_mend(
			k,
			"setcap cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep \"$(command -v wirebar)\"");
	}
}

// Prints the port's node and those of the lcores that poll it; topo_check has refused what is wrong.
static void numa(struct check *k, unsigned port)
{
	const struct conf_port *p = &k->c->port[port];
	struct conf_queue queues[CONF_PORT_MAX * 16];
	struct conf_error ignored;
	char what[32], cpus[128] = "";
	int node = k->host.port_node[port];
	bool remote = false;
	size_t used = 0;

	for (unsigned i = 0; i < k->c->n_lcore; i++) {
		const struct conf_lcore *l = &k->c->lcore[i];
		int n = conf_queues(k->c, l, queues, CONF_PORT_MAX * 16, &ignored);

		for (int j = 0; j < n; j++)
			if (queues[j].port == port && l->cpu >= 0 && used < sizeof cpus) {
				used += (size_t)snprintf(cpus + used, sizeof cpus - used, "%s%d on node %d",
							 used ? ", " : "", l->cpu, k->host.cpu_node[l->cpu]);
				remote |= node >= 0 && k->host.cpu_node[l->cpu] != node;
			}
	}
	snprintf(what, sizeof what, "NUMA of port %.18s", p->name);
	if (node < 0) {
		check_say(k, CHECK_OK, what, "no node of its own; polled by cpu %s", *cpus ? cpus : "none");
		return;
	}
	check_say(k, remote ? CHECK_WARN : CHECK_OK, what, "node %d; polled by cpu %s", node,
		  *cpus ? cpus : "none");
	if (remote)
		check_mend(k, "cat /sys/devices/system/node/node%d/cpulist # then set cpu in %s", node,
			   k->c->file);
}

static void other_port(struct check *k, const char *what, const struct conf_port *p,
		       enum check_vdev_kind kind, const char *why)
{
	char quoted[80];

	if (kind == CHECK_VDEV_ALONE || check_vdev_made(k->c, p->device)) {
		check_say(k, CHECK_OK, what,
			  kind == CHECK_VDEV_ALONE ? "%.64s: nothing of the host to look at"
						   : "%.64s, which [eal] vdev makes",
			  p->device);
		return;
	}
	key_quote(p->device, quoted, sizeof quoted);
	if (kind == CHECK_VDEV_UNKNOWN)
		check_say(
			k, CHECK_FAIL, what,
			"no device %s: allowed are a PCI address, a virtual device of DPDK (net_af_packet0,iface=eth1), "
			"or one of [eal] vdev",
			quoted);
	else
		check_say(k, CHECK_FAIL, what, "%s", why);
	check_mend(k, "editor +%u %s", p->device_line & CONF_LINE_MASK,
		   conf_source_name(k->c, p->device_line));
}

void check_port(struct check *k)
{
	char what[32], pci[32], iface[32], why[512];

	for (unsigned i = 0; i < k->c->n_port; i++) {
		const struct conf_port *p = &k->c->port[i];

		snprintf(what, sizeof what, "port %.26s", p->name);
		if (!*p->device) {
			check_say(k, CHECK_NOT_NEEDED, what, "replays captures: no device");
			continue;
		}
		enum check_vdev_kind kind = check_vdev(p->device, why, sizeof why);

		if (check_is_pci(p->device, pci))
			pci_port(k, what, pci);
		else if (kind == CHECK_VDEV_HOST && check_iface(p->device, iface, sizeof iface))
			iface_port(k, what, iface,
				   !strncmp(p->device, "net_af_", 7) || !strncmp(p->device, "net_pcap", 8));
		else
			other_port(k, what, p, kind, why);
		for (unsigned j = 0; j < i; j++)
			if (!strcmp(k->c->port[j].device, p->device)) {
				check_say(k, CHECK_FAIL, what, "%.64s is the device of port %s as well",
					  p->device, k->c->port[j].name);
				check_mend(k, "editor +%u %s", p->device_line & CONF_LINE_MASK,
					   conf_source_name(k->c, p->device_line));
			}
		numa(k, i);
	}
}
