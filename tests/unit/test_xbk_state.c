// SPDX-License-Identifier: GPL-2.0-only
/* Steps of a virtual disk: lives of guests, and that no states of theirs keep us busy. */
#include "t.h"
#include "memx_xbk_state.h"

/* Take steps until there are none. Return: the last one that was one. */
static enum memx_xbk_step run(struct memx_xbk_ends *e, unsigned int *steps)
{
	enum memx_xbk_step last = MEMX_XBK_STAY, step;

	for (*steps = 0; *steps < 10; ++*steps) {
		step = memx_xbk_next(e);
		switch (step) {
		case MEMX_XBK_STAY:
			return last;
		case MEMX_XBK_WAIT_FOR_GUEST:
			e->back = MEMX_XBK_INIT_WAIT;
			break;
		case MEMX_XBK_CONNECT:
			CHECK(e->disk && e->conn == MEMX_XBK_CONN_NONE && !e->refused);
			e->anew = false;
			e->conn = MEMX_XBK_CONN_LIVE;
			e->back = MEMX_XBK_CONNECTED;
			break;
		case MEMX_XBK_DISCONNECT:
			CHECK_EQ(e->conn, MEMX_XBK_CONN_LIVE);
			e->conn = MEMX_XBK_CONN_ENDING;
			break;
		case MEMX_XBK_AGREE_TO_CLOSE:
			e->back = MEMX_XBK_CLOSING;
			break;
		case MEMX_XBK_CLOSE:
			CHECK_EQ(e->conn, MEMX_XBK_CONN_NONE);
			e->back = MEMX_XBK_CLOSED;
			e->disk = false;
			break;
		}
		last = step;
	}
	T_FAIL("steps without end: front %u, back %u", e->front, e->back);
	return last;
}

static unsigned int steps;

TEST(life_of_a_disk)
{
	struct memx_xbk_ends e = { .front = MEMX_XBK_INITIALISING, .back = MEMX_XBK_INIT_WAIT };

	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);
	e.front = MEMX_XBK_INITIALISED;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);	/* the script is still at it */
	e.disk = true;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CONNECT);
	e.front = MEMX_XBK_CONNECTED;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);
	e.front = MEMX_XBK_CLOSING;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_AGREE_TO_CLOSE);
	CHECK_EQ(e.conn, MEMX_XBK_CONN_LIVE);
	e.front = MEMX_XBK_CLOSED;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_DISCONNECT);
	CHECK_EQ(e.back, MEMX_XBK_CLOSING);		/* not before its memory is let go */
	e.conn = MEMX_XBK_CONN_NONE;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CLOSE);
}

TEST(a_guest_dies)
{
	struct memx_xbk_ends e = {
		.front = MEMX_XBK_UNKNOWN, .back = MEMX_XBK_CONNECTED, .conn = MEMX_XBK_CONN_LIVE, .disk = true
	};

	CHECK_EQ(run(&e, &steps), MEMX_XBK_DISCONNECT);
	e.conn = MEMX_XBK_CONN_NONE;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CLOSE);
	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);
}

TEST(a_guest_begins_anew)
{
	struct memx_xbk_ends e = {
		.front = MEMX_XBK_INITIALISING, .back = MEMX_XBK_CONNECTED, .conn = MEMX_XBK_CONN_LIVE,
		.disk = true
	};

	CHECK_EQ(run(&e, &steps), MEMX_XBK_DISCONNECT);
	e.front = MEMX_XBK_INITIALISED;			/* quicker than we are */
	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);
	e.conn = MEMX_XBK_CONN_NONE;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CONNECT);
	e.front = MEMX_XBK_CLOSED;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_DISCONNECT);
	e.conn = MEMX_XBK_CONN_NONE;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CLOSE);
	e.front = MEMX_XBK_INITIALISING;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_WAIT_FOR_GUEST);
	e.disk = true;
	e.front = MEMX_XBK_INITIALISED;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CONNECT);
}

/* Another kernel comes up in a guest and says at once where its queues are. */
TEST(a_guest_begins_anew_without_a_word)
{
	struct memx_xbk_ends e = {
		.front = MEMX_XBK_INITIALISED, .back = MEMX_XBK_CONNECTED, .conn = MEMX_XBK_CONN_LIVE,
		.disk = true
	};

	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);	/* it has not looked at our state yet */
	e.front = MEMX_XBK_CONNECTED;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);
	e.front = MEMX_XBK_INITIALISED;
	e.anew = true;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_DISCONNECT);
	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);	/* the old queues are still in use */
	e.conn = MEMX_XBK_CONN_NONE;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CONNECT);
	CHECK_EQ(e.back, MEMX_XBK_CONNECTED);
}

TEST(a_guest_comes_back_after_it_has_closed)
{
	struct memx_xbk_ends e = { .front = MEMX_XBK_INITIALISED, .back = MEMX_XBK_CLOSED };

	CHECK_EQ(run(&e, &steps), MEMX_XBK_WAIT_FOR_GUEST);
	CHECK_EQ(e.back, MEMX_XBK_INIT_WAIT);
	e.disk = true;					/* opened anew */
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CONNECT);
}

TEST(after_a_refusal)
{
	/* connect() failed, and has said Closing: it is not tried again before the guest moves. */
	struct memx_xbk_ends e = {
		.front = MEMX_XBK_INITIALISED, .back = MEMX_XBK_CLOSING, .disk = true, .refused = true
	};

	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);
	e.front = MEMX_XBK_CONNECTED;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_STAY);
	e.front = MEMX_XBK_CLOSED;
	e.refused = false;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CLOSE);
	e.front = MEMX_XBK_INITIALISED;
	e.disk = true;
	CHECK_EQ(run(&e, &steps), MEMX_XBK_CONNECT);
}

TEST(any_states)
{
	unsigned int round;

	for (round = 0; round < 100000; round++) {
		struct memx_xbk_ends e = { .back = MEMX_XBK_INIT_WAIT, .disk = t_below(2) };
		unsigned int i;

		for (i = 0; i < 20; i++) {
			e.front = t_below(8) ? t_below(9) : t_rand();
			if (e.conn == MEMX_XBK_CONN_ENDING && t_below(2))
				e.conn = MEMX_XBK_CONN_NONE;
			e.disk |= !t_below(4);
			e.anew |= !t_below(4);
			e.refused = !t_below(4);
			run(&e, &steps);
			CHECK(steps <= 3);
		}
	}
}
