/* SPDX-License-Identifier: GPL-2.0-only */
/* Made by uapi/generate from uapi/vcontext.yaml: change that, not this. */
#ifndef NAME_TABLES_H
#define NAME_TABLES_H

#include <linux/vcontext_netlink.h>

static const char *const backend_words[] = {
	[VCTX_BACKEND_NONE]	= "none",
	[VCTX_BACKEND_VMX]	= "vmx",
	[VCTX_BACKEND_SVM]	= "svm",
};

static const char *const context_state_words[] = {
	[VCTX_CONTEXT_GUEST]	= "guest",
	[VCTX_CONTEXT_NATIVE]	= "native",
	[VCTX_CONTEXT_READY]	= "ready",
	[VCTX_CONTEXT_SLEEPING]	= "sleeping",
	[VCTX_CONTEXT_STOPPED]	= "stopped",
	[VCTX_CONTEXT_LEAVING]	= "leaving",
};

static const char *const cpu_state_words[] = {
	[VCTX_CPU_OFF]		= "off",
	[VCTX_CPU_ON]		= "on",
	[VCTX_CPU_FAILED]	= "failed",
};

static const char *const owner_words[] = {
	[VCTX_OWNER_NONE]	= "none",
	[VCTX_OWNER_CONTEXTS]	= "contexts",
	[VCTX_OWNER_STAY]	= "stay",
	[VCTX_OWNER_KVM]	= "kvm",
};

static const char *const event_words[] = {
	[VCTX_EVENT_ENTERED]		= "entered",
	[VCTX_EVENT_LEFT]		= "left",
	[VCTX_EVENT_FELL_BACK]		= "fell_back",
	[VCTX_EVENT_TICK_HELD]		= "tick_held",
	[VCTX_EVENT_TICK_GIVEN_BACK]	= "tick_given_back",
	[VCTX_EVENT_EVICTED]		= "evicted",
	[VCTX_EVENT_HARDWARE_LOST]	= "hardware_lost",
	[VCTX_EVENT_POLICY]		= "policy",
};

static const char *const paging_words[] = {
	[VCTX_PAGING_AUTO]	= "auto",
	[VCTX_PAGING_DIRECT]	= "direct",
	[VCTX_PAGING_NESTED]	= "nested",
};

static const char *const bell_words[] = {
	[VCTX_BELL_COUNT_RUNG]		= "rung",
	[VCTX_BELL_COUNT_MERGED]	= "merged",
	[VCTX_BELL_COUNT_KICKED]	= "kicked",
	[VCTX_BELL_COUNT_DELIVERED]	= "delivered",
};

/* By bit of VCTX_FEATURE_*. */
static const char *const feature_words[] = {
	"nested_1g",
	"nested_2m",
	"tlb_tags",
	"stats_page",
	"tick_hold",
	"tick_unprivileged",
	"nested_paging",
};

/* By bit of VCTX_LIMIT_*. */
static const char *const limit_words[] = {
	"fpu",
	"vmx_operation",
	"processor_trace",
};

/* By bit of VCTX_ENTER_*. */
static const char *const flag_words[] = {
	"inherit",
	"keep_exec",
	"strict",
	"tickless",
	"nested",
	"adaptive",
};

#endif /* NAME_TABLES_H */
