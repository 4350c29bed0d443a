/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NL_SET_ERR_MSG_FMT() came after 6.1; there an extack message is a pointer to text that has to
 * outlive the request.
 */
#ifndef _MEMX_EXT_ACK_H
#define _MEMX_EXT_ACK_H

#include <linux/netlink.h>

#ifndef NL_SET_ERR_MSG_FMT
#define NETLINK_MAX_FMTMSG_LEN	80

/*
 * One buffer for each place: two administrators who are refused there at once may see each other's
 * figures.
 */
#define NL_SET_ERR_MSG_FMT(extack, fmt, args...)			\
	do {								\
		static char ack_text_[NETLINK_MAX_FMTMSG_LEN];		\
		struct netlink_ext_ack *ack_ = (extack);		\
									\
		scnprintf(ack_text_, sizeof(ack_text_), fmt, ##args);	\
		if (ack_)						\
			ack_->_msg = ack_text_;				\
	} while (0)
#endif

#endif
