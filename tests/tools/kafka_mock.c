/* SPDX-License-Identifier: BSD-3-Clause */
// kafka_mock: brokers for a test: librdkafka's own mock of a cluster, on loopback, in a process that can be
// stopped; and a reader of what brokers have. The mock keeps messages in memory, at most some megabytes of a
// partition, knows no CreateTopics, and does not know again what an idempotent producer sends twice.
// Usage: kafka_mock serve BROKERS TOPIC:PARTITIONS...   says "SERVERS", then reads commands, answers each
// with
//                                                       what it says, and a line "."
//        kafka_mock read SERVERS TOPIC:PARTITIONS...    a line of JSON for each message
// Commands: down N, up N (broker; -1: all), errors API CODE COUNT (next requests of a kind), rtt MS, leader
// TOPIC PARTITION BROKER, read.  Exit: 0, 1 something failed, 2 usage.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERRORS = 64 };

static rd_kafka_t *open_kafka(rd_kafka_type_t type, const char *servers)
{
	char err[256] = "";
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set_log_cb(conf, NULL);
	if (servers) {
		rd_kafka_conf_set(conf, "bootstrap.servers", servers, err, sizeof err);
		rd_kafka_conf_set(conf, "group.id", "reader", err, sizeof err);
		rd_kafka_conf_set(conf, "enable.partition.eof", "true", err, sizeof err);
	}
	rd_kafka_t *rk = rd_kafka_new(type, conf, err, sizeof err);

	if (!rk) {
		fprintf(stderr, "kafka_mock: %s\n", err);
		exit(1);
	}
	return rk;
}

static void print_text(const char *name, const void *data, size_t n)
{
	printf("\"%s\": \"%.*s\"", name, (int)n, (const char *)data);
}

static void print_message(const rd_kafka_message_t *m)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t n;

	printf("{\"topic\": \"%s\", \"partition\": %d, \"offset\": %lld, ", rd_kafka_topic_name(m->rkt),
	       m->partition, (long long)m->offset);
	if (m->key) {
		print_text("key", m->key, m->key_len);
		printf(", ");
	}
	for (size_t i = 0; !rd_kafka_message_headers(m, &headers) &&
			   !rd_kafka_header_get_all(headers, i, &name, &value, &n);
	     i++) {
		print_text(name, value, n);
		printf(", ");
	}
	printf("\"hex\": \"");
	for (size_t i = 0; i < m->len; i++)
		printf("%02x", ((const unsigned char *)m->payload)[i]);
	printf("\"}\n");
}

// Everything that there is now, of each partition in its order.
static int read_all(const char *servers, int n, char **topics)
{
	rd_kafka_t *rk = open_kafka(RD_KAFKA_CONSUMER, servers);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
	int left = 0, failed = 0;

	for (int i = 0; i < n; i++) {
		char topic[256];
		int partitions = 0;

		if (sscanf(topics[i], "%255[^:]:%d", topic, &partitions) != 2)
			return 2;
		for (int p = 0; p < partitions; p++, left++)
			rd_kafka_topic_partition_list_add(list, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
	}
	rd_kafka_assign(rk, list);
	while (left && !failed) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 20000);

		if (m && !m->err)
			print_message(m);
		else if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
			left--;
		else
			failed = 1;
		if (failed)
			fprintf(stderr, "kafka_mock: %s\n", m ? rd_kafka_message_errstr(m) : "no answer");
		if (m)
			rd_kafka_message_destroy(m);
	}
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return failed;
}

static int obey(rd_kafka_mock_cluster_t *cluster, const char *line, int n, char **topics)
{
	rd_kafka_resp_err_t codes[ERRORS];
	char topic[256];
	int a, b, count;

	if (sscanf(line, "down %d", &a) == 1)
		return rd_kafka_mock_broker_set_down(cluster, a);
	if (sscanf(line, "up %d", &a) == 1)
		return rd_kafka_mock_broker_set_up(cluster, a);
	if (sscanf(line, "rtt %d", &a) == 1)
		return rd_kafka_mock_broker_set_rtt(cluster, -1, a);
	if (sscanf(line, "leader %255s %d %d", topic, &a, &b) == 3)
		return rd_kafka_mock_partition_set_leader(cluster, topic, a, b);
	if (sscanf(line, "errors %d %d %d", &a, &b, &count) == 3 && count > 0 && count <= ERRORS) {
		for (int i = 0; i < count; i++)
			codes[i] = (rd_kafka_resp_err_t)b;
		rd_kafka_mock_push_request_errors_array(cluster, (int16_t)a, (size_t)count, codes);
		return 0;
	}
	if (!strcmp(line, "read\n"))
		return read_all(rd_kafka_mock_cluster_bootstraps(cluster), n, topics);
	return 2;
}

static int serve(int brokers, int n, char **topics)
{
	rd_kafka_t *rk = open_kafka(RD_KAFKA_PRODUCER, NULL);
	rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, brokers);
	char line[512], topic[256];
	int partitions, rc = cluster ? 0 : 1;

	for (int i = 0; i < n && !rc; i++)
		rc = sscanf(topics[i], "%255[^:]:%d", topic, &partitions) != 2 ||
		     rd_kafka_mock_topic_create(cluster, topic, partitions, 1);
	if (!rc)
		printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);
	while (!rc && fgets(line, sizeof line, stdin)) {
		rc = obey(cluster, line, n, topics);
		printf(".\n");
		fflush(stdout);
	}
	if (cluster)
		rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(rk);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "serve"))
		return serve(atoi(argv[2]), argc - 3, argv + 3);
	if (argc >= 4 && !strcmp(argv[1], "read"))
		return read_all(argv[2], argc - 3, argv + 3);
	fprintf(stderr, "usage: kafka_mock serve BROKERS TOPIC:PARTITIONS... | kafka_mock read SERVERS "
			"TOPIC:PARTITIONS...\n");
	return 2;
}
