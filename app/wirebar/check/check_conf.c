/* SPDX-License-Identifier: BSD-3-Clause */
// check_conf.c: what a configuration is refused for, before and beside what the host is like. The check and
// the start go through this same list, in this order; each goes on after a finding.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/wirebar/check/check.h"
#include "app/wirebar/control_socket.h"
#include "app/wirebar/plant_bytes.h"
#include "app/wirebar/plant_gates.h"
#include "conf/key.h"
#include "drivers/feed/feed.h"
#include "lcore/base/calendar.h"
#include "lcore/stage/output.h"
#include "lcore/stage/stage.h"

enum { FILES_MAX = 32, PORT_GROUPS = 64, RELAYS = 3 }; // of a port (replay, nic), and to one ingest lcore

void check_refuse(void *ctx, const struct conf_error *err)
{
	struct check *k = ctx;
	const char *file = conf_source_name(k->c, err->place), *colon = strchr(file, ':');
	unsigned line = err->place & CONF_LINE_MASK;

	check_say(k, CHECK_FAIL, "configuration", "%s", err->text);
	if (!strncmp(file, CHECK_ORIGIN, strlen(CHECK_ORIGIN))) {
		k->usage = true;
		check_mend(k, "wirebar %s --help # then change %s",
			   !k->starts  ? "check"
			   : k->replay ? "replay"
				       : "run",
			   file + strlen(CHECK_ORIGIN));
	} else if (!strncmp(file, CONF_BUILTIN, strlen(CONF_BUILTIN))) {
		check_mend(k, "wirebar profile %s > my.conf # then mend line %u, and use --conf my.conf",
			   colon + 1, line);
	} else if (line) {
		check_mend(k, "editor +%u %s", line, file);
	} else {
		check_mend(k, "editor %s", file);
	}
}

#define REFUSE(k, line, ...) \
	do { \
		struct conf_error refused_; \
		conf_fail(&refused_, (k)->c, line, __VA_ARGS__); \
		check_refuse(k, &refused_); \
	} while (0)

static void feed_known(struct check *k, unsigned line, const char *what, const char *name)
{
	char quoted[80], names[160];
	size_t n = 0;

	if (!*name || feed_by_name(name))
		return;
	for (int i = 0; feeds[i] && n < sizeof names; i++)
		n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "", feeds[i]->name);
	key_quote(name, quoted, sizeof quoted);
	REFUSE(k, line, "%s: found %s, allowed: %s", what, quoted, names);
}

static void check_feeds(struct check *k)
{
	const struct conf *c = k->c;
	const char *cursor = c->feed.prints_from;
	struct conf_item item;
	char what[64];

	feed_known(k, c->feed.feed_line, "[feed] feed", c->feed.feed);
	while (conf_list_next(&cursor, ',', &item))
		feed_known(k, c->feed.prints_from_line, "[feed] prints_from", item.text);
	for (unsigned i = 0; i < c->n_server; i++) {
		const struct conf_server *s = &c->server[i];

		snprintf(what, sizeof what, "[server %s] feed", s->name);
		feed_known(k, s->feed_line, what, s->feed);
		if (s->interface[0] && !strchr(s->interface, '/') &&
		    !check_exists(k->root, "/sys/class/net/%.15s", s->interface))
			REFUSE(k, s->interface_line,
			       "[server %s] interface: found \"%.15s\", which this machine has not, allowed: "
			       "one of `ip -br link`",
			       s->name, s->interface);
	}
}

static void check_vdevs(struct check *k)
{
	const struct conf *c = k->c;
	const char *cursor = c->eal.vdev;
	struct conf_item item;

	while (conf_list_next(&cursor, ';', &item)) {
		const char *others = c->eal.vdev;
		char why[512], iface[32];
		struct conf_item other;
		unsigned same = 0;
		enum check_vdev_kind kind = check_vdev(item.text, why, sizeof why);
		int len = (int)strcspn(item.text, ",");

		while (conf_list_next(&others, ';', &other))
			same += (int)strcspn(other.text, ",") == len &&
				!strncmp(other.text, item.text, (size_t)len);
		if (kind == CHECK_VDEV_UNKNOWN || kind == CHECK_VDEV_WRONG)
			REFUSE(k, c->eal.vdev_line, "[eal] vdev: %s", why);
		else if (kind == CHECK_VDEV_HOST && check_iface(item.text, iface, sizeof iface) &&
			 !check_exists(k->root, "/sys/class/net/%.15s", iface))
			REFUSE(k, c->eal.vdev_line,
			       "[eal] vdev: found \"%.15s\", which this machine has not, allowed: one of `ip -br link`",
			       iface);
		else if (same > 1)
			REFUSE(k, c->eal.vdev_line, "[eal] vdev: found %.*s %u times, allowed: once", len,
			       item.text, same);
	}
}

static void check_calendar(struct check *k)
{
	if (!calendar_load())
		return;
	check_say(k, CHECK_FAIL, "zone data", "no zone data for America/New_York on this system");
	check_mend(k, "apt-get install tzdata");
}

// What one lcore can hold.
static void check_room(struct check *k)
{
	const struct conf *c = k->c;

	for (unsigned i = 0; i < c->n_lcore; i++) {
		const struct conf_lcore *l = &c->lcore[i];
		struct conf_queue queue[CONF_PORT_MAX * 16];
		struct conf_error ignored;
		unsigned in = 0, out = 0, relays = 0, last = l->line;
		int queues = conf_queues(c, l, queue, CONF_PORT_MAX * 16, &ignored);

		for (unsigned j = 0; j < c->n_link; j++) {
			int from = topo_find_lcore(c, c->link[j].from);
			bool mine = !strcmp(c->link[j].to, l->name);

			in += mine;
			out += !strcmp(c->link[j].from, l->name);
			relays += mine && from >= 0 && c->lcore[from].stage == CONF_STAGE_INGEST &&
				  l->stage == CONF_STAGE_INGEST;
			last = mine || !strcmp(c->link[j].from, l->name) ? c->link[j].line : last;
		}
		if (in > LCORE_LINKS || out > LCORE_LINKS)
			REFUSE(k, last, "[lcore %s] links: found %u to it and %u from it, allowed: %d each",
			       l->name, in, out, LCORE_LINKS);
		if (relays > RELAYS)
			REFUSE(k, last,
			       "[lcore %s] links: found %u ingest lcores that relay to it, allowed: %d",
			       l->name, relays, RELAYS);
		if (queues > LCORE_QUEUES)
			REFUSE(k, l->queues_line, "[lcore %s] queues: found %d, allowed: %d", l->name, queues,
			       LCORE_QUEUES);
	}
}

// A file that can be read through; a capture's content is for the replay to judge.
static const char *unreadable(const char *path, bool may_be_absent)
{
	struct stat st;

	if (stat(path, &st))
		return may_be_absent && errno == ENOENT ? NULL : strerror(errno);
	if (S_ISDIR(st.st_mode))
		return "is a directory";
	if (!S_ISREG(st.st_mode))
		return "is no regular file";
	if (!st.st_size && !may_be_absent)
		return "is empty";
	return access(path, R_OK) ? strerror(errno) : NULL;
}

// Why lines cannot be added to a file of that name, by what stands there; NULL: they can.
static const char *no_log(const char *path)
{
	char target[PATH_MAX];
	struct stat st;
	int rc;

	if (!*path)
		return NULL;
	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? "is a directory" : NULL;
	rc = output_file_of(path, target);
	return rc ? strerror(-rc) : NULL;
}

// What a run writes beside its outputs, by names of the configuration.
static void check_written(struct check *k)
{
	const struct conf *c = k->c;
	const char *why = no_log(c->tail.path);
	struct stat st;
	int rc;

	if (why && stat(c->tail.path, &st) == 0)
		REFUSE(k, c->tail.path_line,
		       "[tail] path: found %.200s: %s, allowed: a file that can be written", c->tail.path,
		       why);
	else if (why) // a disk may be late: the sink tries again
		check_say(k, CHECK_WARN, "tail", "%.200s: %s", c->tail.path, why);
	if (c->run.state_dir[0] && (stat(c->run.state_dir, &st) ? errno == ENOTDIR : !S_ISDIR(st.st_mode)))
		REFUSE(k, c->run.state_dir_line,
		       "[run] state_dir: found %.200s: is no directory, allowed: a directory",
		       c->run.state_dir);
	if (!c->run.control)
		return;
	why = no_log(c->run.control_audit);
	if (why)
		REFUSE(k, c->run.control_audit_line,
		       "[run] control_audit: found %.200s: %s, allowed: a file that can be written",
		       c->run.control_audit, why);
	rc = c->run.control_path[0] ? control_socket_place(c->run.control_path) : 0;
	if (rc)
		REFUSE(k, c->run.control_path_line,
		       "[run] control_path: found %.200s: %s, allowed: the name of a socket",
		       c->run.control_path, rc == -ENOTSOCK ? "is no socket" : strerror(-rc));
}

static void check_files(struct check *k)
{
	const struct conf *c = k->c;
	const char *quota = c->recovery.quota_file, *why;

	for (unsigned i = 0; i < c->n_port; i++) {
		const struct conf_port *p = &c->port[i];
		const char *cursor = p->files;
		struct conf_item item;
		unsigned n = 0;

		while (conf_list_next(&cursor, ',', &item)) {
			why = unreadable(item.text, false);
			if (why)
				REFUSE(k, p->files_line,
				       "[port %s] files: found %.200s, which cannot be replayed: %s", p->name,
				       item.text, why);
			if (++n == FILES_MAX + 1)
				REFUSE(k, p->files_line,
				       "[port %s] files: found more than %d, allowed: up to that", p->name,
				       FILES_MAX);
		}
		for (n = 0, cursor = p->groups; conf_list_next(&cursor, ',', &item); n++)
			;
		if (n > PORT_GROUPS)
			REFUSE(k, p->groups_line, "[port %s] groups: found %u, allowed: %d", p->name, n,
			       PORT_GROUPS);
		if (p->interface[0] && p->membership == CONF_MEMBERSHIP_KERNEL &&
		    !strchr(p->interface, '/') &&
		    !check_exists(k->root, "/sys/class/net/%.15s", p->interface))
			REFUSE(k, p->interface_line,
			       "[port %s] interface: found \"%.15s\", which this machine has not, allowed: one of "
			       "`ip -br link`",
			       p->name, p->interface);
	}
	why = *quota ? unreadable(quota, true) : NULL;
	if (why)
		REFUSE(k, c->recovery.quota_file_line,
		       "[recovery] quota_file: found %.200s: %s, allowed: a file that can be written", quota,
		       why);
}

// A replay plays captures only. A live run wants a device, or captures, at each port; the check does not know
// which is to come, but devices and ports without either do not go together.
static void check_sources(struct check *k)
{
	const struct conf *c = k->c;
	unsigned devices = 0;

	for (unsigned i = 0; i < c->n_port; i++)
		devices += c->port[i].device[0] != 0;
	for (unsigned i = 0; i < c->n_port; i++) {
		const struct conf_port *p = &c->port[i];
		// Captures of the command line are dealt out in blocks of streams (files.h); a port that gets
		// none has ended.
		bool wants = k->starts ? !k->replay || !k->captures : devices > 0;

		if (p->device[0] && k->replay)
			REFUSE(k, p->device_line,
			       "[port %s] device: found %.64s, allowed in a replay: none, as captures go into ports without "
			       "one (`wirebar run` is for devices)",
			       p->name, p->device);
		if (!p->device[0] && !p->files[0] && wants)
			REFUSE(k, p->line,
			       "[port %s] found no device and no captures, allowed: device, or files%s",
			       p->name, k->replay ? "; or captures on the command line" : "");
	}
}

// Of eal.memory that is given by hand; what is computed fits.
static void check_memory(struct check *k)
{
	struct plant_size need;

	plant_bytes(k->c, k->replay, &need);
	if (need.given < need.least)
		REFUSE(k, k->c->eal.memory_bytes_line,
		       "[eal] memory: found %lu MiB, allowed: 0 (computed), or at least %lu MiB for the "
		       "sizes of [bars], the links and the ports",
		       (unsigned long)(need.given >> 20), (unsigned long)(need.eal >> 20));
}

// The cpus that are auto are given on the way: c is changed.
static void check_topology(struct check *k, struct conf *c)
{
	struct conf_error err;
	unsigned allowed[CONF_CPU_MAX + 1], n = check_allowed_cpus(k->root, allowed, CONF_CPU_MAX + 1);

	check_topo_host(c, k->root, &k->host);
	unsigned refused = topo_each(c, &k->host, check_refuse, k);

	if (topo_resolve_cpus(c, &k->host, allowed, n, &err))
		check_refuse(k, &err);
	else if (!refused)
		topo_each(c, &k->host, check_refuse, k);
}

// The first line of a file that is read at the start, by who starts it: who only checks may be another one.
static void check_secret(struct check *k, unsigned line, const char *what, const char *path)
{
	char text[256], full[CONF_STR_BYTES + 256];

	if (!*path)
		return;
	snprintf(full, sizeof full, "%.255s%s", k->root, path);
	if (access(full, R_OK) == 0 && check_read(k->root, text, sizeof text, "%s", path)) {
		if (!text[strspn(text, "\r\n")])
			REFUSE(k, line, "%s: found %.200s: empty, allowed: a file with a line", what, path);
		return;
	}
	int rc = errno;

	if (rc == EACCES && !k->is_root && !k->starts) {
		check_say(k, CHECK_WARN, "secret", "%s: %.200s: not readable by who checks", what, path);
		check_mend(k, "sudo wirebar check");
		return;
	}
	REFUSE(k, line, "%s: found %.200s: %s, allowed: a file with a line", what, path, strerror(rc));
}

// The console is a program of its own: a start of others does not read its token.
static void check_secrets(struct check *k)
{
	const struct conf *c = k->c;

	const struct conf_redis *r = &c->redis;
	const struct conf_jetstream *j = &c->jetstream;

	if (r->enabled) {
		check_secret(k, r->password_file_line, "[redis] password_file", r->password_file);
		check_secret(k, r->ca_file_line, "[redis] ca_file", r->ca_file);
		check_secret(k, r->cert_file_line, "[redis] cert_file", r->cert_file);
		check_secret(k, r->key_file_line, "[redis] key_file", r->key_file);
	}
	if (j->enabled) {
		check_secret(k, j->password_file_line, "[jetstream] password_file", j->password_file);
		check_secret(k, j->nkey_file_line, "[jetstream] nkey_file", j->nkey_file);
		check_secret(k, j->ca_file_line, "[jetstream] ca_file", j->ca_file);
		check_secret(k, j->cert_file_line, "[jetstream] cert_file", j->cert_file);
		check_secret(k, j->key_file_line, "[jetstream] key_file", j->key_file);
	}
	const struct conf_kafka *q = &c->kafka;

	if (q->enabled) {
		check_secret(k, q->ca_file_line, "[kafka] ca_file", q->ca_file);
		check_secret(k, q->cert_file_line, "[kafka] cert_file", q->cert_file);
		check_secret(k, q->key_file_line, "[kafka] key_file", q->key_file);
	}
	if (!k->starts)
		check_secret(k, c->console.token_file_line, "[console] token_file", c->console.token_file);
}

void check_conf(struct check *k, struct conf *c)
{
	static struct gate_set gates;
	unsigned before = k->n;

	check_topology(k, c);
	check_feeds(k);
	check_vdevs(k);
	plant_gates(c, &gates, check_refuse, k);
	check_room(k);
	check_files(k);
	check_written(k);
	check_secrets(k);
	check_sources(k);
	check_memory(k);
	if (k->n == before)
		check_say(k, CHECK_OK, "configuration", "%u ports, %u lcores, %u links, %u gates", c->n_port,
			  c->n_lcore, c->n_link, c->n_gate);
	check_calendar(k);
}
