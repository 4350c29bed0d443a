// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_replay.h"

/**
 * rmp_replay_fresh - could this counter be accepted?
 * @r:		window
 * @counter:	of a frame that is not authenticated yet
 *
 * Return: false when it was seen, or is older than the window.
 */
bool rmp_replay_fresh(const struct rmp_replay *r, u64 counter)
{
	if (counter >= r->top)
		return counter != U64_MAX;
	if (r->top - counter > RMP_REPLAY_WINDOW)
		return false;
	return !(r->seen[counter / 64 % RMP_REPLAY_WORDS] & BIT_ULL(counter % 64));
}

/**
 * rmp_replay_mark - the frame with this counter was authentic
 * @r:		window
 * @counter:	for which rmp_replay_fresh() was true
 */
void rmp_replay_mark(struct rmp_replay *r, u64 counter)
{
	u64 word = counter / 64;

	if (counter >= r->top) {
		u64 top_word = r->top ? (r->top - 1) / 64 : 0;
		u64 n = min_t(u64, word - top_word, RMP_REPLAY_WORDS);

		for (; n; n--)
			r->seen[(word - n + 1) % RMP_REPLAY_WORDS] = 0;
		r->top = counter + 1;
	}
	r->seen[word % RMP_REPLAY_WORDS] |= BIT_ULL(counter % 64);
}
