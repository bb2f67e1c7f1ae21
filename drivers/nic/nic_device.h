/* SPDX-License-Identifier: BSD-3-Clause */
// nic_device.h: finding or plugging in an ethdev, and what it filters; used by nic.c only. Boot only.
#ifndef WB_NIC_NIC_DEVICE_H
#define WB_NIC_NIC_DEVICE_H

#include "drivers/nic/nic.h"

struct nic_device {
	uint16_t id; // DPDK's port id
	bool open;
	char bus[8]; // where it was plugged in here; empty: it was there before
	char name[64];
};

// nic_device_open finds the ethdev that conf->device names, or plugs it in. Returns 0 or -errno with a text
// in err.
int nic_device_open(struct nic_device *device, const struct nic_conf *conf, char *err, size_t err_len);
// nic_device_filter sets promiscuous mode, or the multicast groups (see nic_create). Returns 0 or -errno.
int nic_device_filter(struct nic_device *device, const struct nic_conf *conf, char *err, size_t err_len);
// nic_device_close closes the device, and unplugs it when it was plugged in here. Accepts a zeroed one.
void nic_device_close(struct nic_device *device);

#endif
