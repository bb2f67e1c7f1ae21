/* SPDX-License-Identifier: BSD-3-Clause */
// What a link says of its brokers (librdkafka's mock of a cluster, over the real protocol): which errors end it, and which pass.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>

#include <cstdio>
#include <string>
#include <vector>

extern "C" {
#include "drivers/sink/kafka_link.h"
}

namespace {

constexpr int PRODUCE = 0, INIT_PRODUCER_ID = 22; // Kafka protocol guide, "Api Keys"
constexpr uint64_t HELLO = UINT64_MAX;

struct kit : testing::Test {
	rd_kafka_t *host{};
	rd_kafka_mock_cluster_t *cluster{};
	conf_kafka conf{};
	kafka_pem pem{};
	kafka_link *link{};

	// how: what the cluster is told before the link can ask it anything.
	void serve(void (*how)(rd_kafka_mock_cluster_t *) = [](rd_kafka_mock_cluster_t *) {})
	{
		char err[256] = "";
		rd_kafka_conf_t *c = rd_kafka_conf_new();

		rd_kafka_conf_set_log_cb(c, nullptr);
		host = rd_kafka_new(RD_KAFKA_PRODUCER, c, err, sizeof err);
		ASSERT_NE(host, nullptr) << err;
		cluster = rd_kafka_mock_cluster_new(host, 1);
		ASSERT_EQ(rd_kafka_mock_topic_create(cluster, "t", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
		how(cluster);
		open(rd_kafka_mock_cluster_bootstraps(cluster));
	}
	void open(const char *servers)
	{
		char err[KAFKA_WHY] = "";

		snprintf(conf.servers, sizeof conf.servers, "%s", servers);
		conf.answer_ns = NS_PER_S;
		conf.replicas = 3;
		link = kafka_link_open(&conf, &pem, err);
		ASSERT_NE(link, nullptr) << err;
	}
	void TearDown() override
	{
		kafka_link_close(link);
		if (cluster)
			rd_kafka_mock_cluster_destroy(cluster);
		if (host)
			rd_kafka_destroy(host);
	}
	void send(uint64_t tag, size_t bytes = 1)
	{
		std::string data(bytes, 'x');
		kafka_message m{};

		m.topic = "t";
		m.key = "";
		m.id = "i";
		m.boot = "b";
		m.data = data.data();
		m.bytes = bytes;
		m.tag = tag;
		kafka_link_send(link, &m);
	}
	// The next thing that is said, without news unless they are asked for; NEWS without words: nothing came.
	kafka_said hear(bool news = false)
	{
		kafka_said said{};

		for (int i = 0; i < 2000; i++, poll(nullptr, 0, 10))
			while (kafka_link_next(link, &said))
				if (news || said.what != KAFKA_NEWS)
					return said;
		return { KAFKA_NEWS, 0, "" };
	}
};

using kafka_link_of = kit;

} // namespace

TEST_F(kafka_link_of, a_broker_that_is_a_name_is_refused_with_the_reason)
{
	open("localhost:9");
	std::string why = hear(true).why;

	EXPECT_EQ(why.rfind("brokers must advertise addresses: found localhost:9", 0), 0u) << why;
}

TEST_F(kafka_link_of, who_may_not_be_an_idempotent_producer_is_told_to_stop)
{
	serve([](rd_kafka_mock_cluster_t *of) {
		rd_kafka_mock_push_request_errors(of, INIT_PRODUCER_ID, 1, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
	});
	kafka_said said = hear();

	EXPECT_EQ(said.what, KAFKA_NEVER) << said.why;
	EXPECT_NE(said.why[0], 0);
}

TEST_F(kafka_link_of, brokers_that_know_no_idempotent_producer_stop_it)
{
	serve([](rd_kafka_mock_cluster_t *of) { rd_kafka_mock_set_apiversion(of, INIT_PRODUCER_ID, -1, -1); });
	EXPECT_EQ(hear().what, KAFKA_NEVER);
}

TEST_F(kafka_link_of, fewer_brokers_than_copies_is_not_for_ever)
{
	serve();
	rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR);
	send(1);
	EXPECT_EQ(hear().what, KAFKA_REFUSED);
}

TEST_F(kafka_link_of, what_is_refused_at_once_is_said_of_each_and_of_the_hello_behind_them)
{
	serve();
	for (uint64_t tag = 1; tag <= 2 * KAFKA_ASKS; tag++)
		send(tag, 2000000);
	send(HELLO, 2000000);
	for (uint64_t tag = 1; tag <= 2 * KAFKA_ASKS; tag++)
		ASSERT_EQ(hear().tag, tag);
	EXPECT_EQ(hear().tag, HELLO);
}

TEST_F(kafka_link_of, more_than_can_be_noted_is_a_link_that_is_lost)
{
	serve();
	for (uint64_t tag = 1; tag <= 4 * KAFKA_ASKS; tag++)
		send(tag, 2000000);
	kafka_said said{};

	for (uint64_t tag = 1; (said = hear()).what == KAFKA_REFUSED; tag++)
		ASSERT_EQ(said.tag, tag);
	EXPECT_EQ(said.what, KAFKA_LOST);
}
