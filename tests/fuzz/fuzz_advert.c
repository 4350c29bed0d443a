// SPDX-License-Identifier: GPL-2.0-only
/* Advertisements and solicitations. */
#include "fuzz.h"
#include "rmp_disc.h"

static const struct rmp_heard unheard;

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct rmp_advert *a;
	u32 interval;

	/* disc.c gives a buffer that holds the struct; the length is that of the frame. */
	if (size > 256)
		size = 256;
	a = calloc(1, sizeof(*a));
	memcpy(a, data, size < sizeof(*a) ? size : sizeof(*a));
	if (rmp_advert_is_valid(a, size)) {
		interval = be32_to_cpu(a->interval_ms);
		HOLDS(size >= sizeof(*a));
		HOLDS(memchr(a->name, 0, sizeof(a->name)) && a->name[0]);
		HOLDS(!strpbrk((char *)a->name, " /\n\033"));
		HOLDS(be64_to_cpu(a->free) <= be64_to_cpu(a->capacity));
		HOLDS(a->type == RMP_T_SOLICIT ? !interval : interval >= 100 && interval <= 60000);
		HOLDS(a->load < RMP_LOAD_NR && a->security <= RMP_SEC_NOISE && a->incarnation);
		HOLDS(rmp_advert_judge(&unheard, false, a) == RMP_ADVERT_TAKE);
		ACCEPTED();
	}
	free(a);
	return 0;
}
