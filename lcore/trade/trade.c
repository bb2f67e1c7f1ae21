/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/trade.h"

const char *const trade_action_name[TRADE_ACTIONS] = {
	[TRADE_NEW] = "new",     [TRADE_CANCEL] = "cancel",   [TRADE_REPLACE] = "replace",
	[TRADE_AGAIN] = "again", [TRADE_ADOPTED] = "adopted", [TRADE_QUERY] = "query",
	[TRADE_VIEW] = "view",
};
const char *const trade_source_name[TRADE_SOURCES] = {
	[SOURCE_SCRIPT] = "script",
	[SOURCE_GATE] = "gate",
	[SOURCE_STOP] = "stop",
	[SOURCE_OPERATOR] = "operator",
};
const char *const trade_state_name[TRADE_STATES] = {
	[STATE_NEW] = "NEW",           [STATE_SENT] = "SENT",       [STATE_LIVE] = "LIVE",
	[STATE_PART] = "PART",         [STATE_FILLED] = "FILLED",   [STATE_CANCELLED] = "CANCELLED",
	[STATE_REJECTED] = "REJECTED", [STATE_EXPIRED] = "EXPIRED", [STATE_DENIED] = "DENIED",
	[STATE_UNKNOWN] = "UNKNOWN",
};
const char *const trade_report_name[REPORT_KINDS] = {
	[REPORT_NEW] = "new",
	[REPORT_ACCEPTED] = "accepted",
	[REPORT_FILL] = "fill",
	[REPORT_CANCELLED] = "cancelled",
	[REPORT_REPLACED] = "replaced",
	[REPORT_REJECTED] = "rejected",
	[REPORT_EXPIRED] = "expired",
	[REPORT_BREAK] = "break",
	[REPORT_SENT] = "sent",
	[REPORT_DENIED] = "denied",
	[REPORT_CANCEL_SENT] = "cancel_sent",
	[REPORT_REPLACE_SENT] = "replace_sent",
	[REPORT_REPLACE_DENIED] = "replace_denied",
	[REPORT_UNKNOWN] = "unknown",
};
