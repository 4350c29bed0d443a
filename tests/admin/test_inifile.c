// SPDX-License-Identifier: GPL-2.0-only
/* An INI file as lines: what is understood, and that a change touches no line but its own. */
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"
#include "told.h"
#include "inifile.h"

static const char *kind_of(const struct ini_line *l)
{
	static const char *const kinds[] = { "blank", "section", "key", "fault" };

	return kinds[l->kind];
}

TEST(lines)
{
	static const struct { const char *text, *kind, *name, *value; } is[] = {
		{ "", "blank", NULL, NULL }, { "  \t", "blank", NULL, NULL },
		{ "# x = y", "blank", NULL, NULL }, { "  ; [x]", "blank", NULL, NULL },
		{ "[node]", "section", "node", NULL }, { "  [node]", "section", "node", NULL },
		{ "[link  eth1 ]", "section", "link eth1", NULL },
		{ "[ link\teth1]", "section", "link eth1", NULL },
		{ "[node] # why", "section", "node", NULL }, { "[node];", "section", "node", NULL },
		{ "size=64G", "key", "size", "64G" }, { "  size = 64 GiB  ", "key", "size", "64 GiB" },
		{ "a = b = c", "key", "a", "b = c" }, { "a=52:54:00", "key", "a", "52:54:00" },
		{ "a=b ; why", "key", "a", "b" }, { "a=b;c", "key", "a", "b;c" },
		{ "a=", "key", "a", "" }, { "a=b\r", "key", "a", "b" },
		{ "[node", "fault", NULL, NULL }, { "[]", "fault", NULL, NULL },
		{ "[ ]", "fault", NULL, NULL }, { "[a] b", "fault", NULL, NULL },
		{ "[a]b=c", "fault", NULL, NULL }, { "size", "fault", NULL, NULL },
		{ "=64G", "fault", NULL, NULL },
	};
	struct inifile f;
	size_t i;

	for (i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s\n", is[i].text);
		inifile_take(&f, "x", text);
		CHECK_EQ(f.n, 1);
		CHECK_TEXT(kind_of(&f.line[0]), is[i].kind);
		CHECK_TEXT(f.line[0].text, is[i].text);
		CHECK_TEXT(f.line[0].name ? f.line[0].name : "-", is[i].name ? is[i].name : "-");
		CHECK_TEXT(f.line[0].value ? f.line[0].value : "-",
			   is[i].value ? is[i].value : "-");
		inifile_free(&f);
	}
}

/* The library would cut it, and take the rest for another line. */
TEST(a_line_that_is_too_long)
{
	char text[400];
	struct inifile f;
	size_t n;

	for (n = 190; n < 210; n++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, "a=", 2);
		text[n] = '\0';
		inifile_take(&f, "x", text);
		CHECK_EQ(f.n, 1);
		CHECK_TEXT(kind_of(&f.line[0]), n > 197 ? "fault" : "key");
		if (n <= 197)
			CHECK_EQ(strlen(f.line[0].value), n - 2);
		inifile_free(&f);
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, "[", 1);
	memcpy(text + 150, "]", 2);
	inifile_take(&f, "x", text);
	CHECK_EQ(f.line[0].kind, INI_SECTION);
	inifile_free(&f);
}

TEST(the_mark_of_utf8_is_no_part_of_the_first_line)
{
	struct inifile f;

	inifile_take(&f, "x", "\xef\xbb\xbf[node]\n");
	CHECK_EQ(f.n, 1);
	CHECK_EQ(f.line[0].kind, INI_SECTION);
	inifile_free(&f);
}

/* Takes @before, changes it by @change, compares with @after. */
#define CHANGED(before, change, after)                  \
	do {                                            \
		struct inifile f;                       \
		char *text;                             \
							\
		inifile_take(&f, "x", before);          \
		change;                                 \
		text = inifile_text(&f);                \
		CHECK_TEXT(text, after);                \
		free(text);                             \
		inifile_free(&f);                       \
	} while (0)

TEST(what_is_taken_is_given_back)
{
	static const char *const same[] = {
		"", "\n", "\n\n# x\n\n", "[a]\nb = c ; d\n   # e\n[f\nrubbish\n", "a=b\r\n\tx\n",
	};
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		CHANGED(same[i], (void)0, same[i]);
	CHANGED("[a]\nb=c", (void)0, "[a]\nb=c\n");
}

TEST(a_value_is_changed_in_its_place)
{
	CHANGED("[a]\n  k\t=  old value  ; why\n# z\n", inifile_set(&f, "a", "k", "new"),
		"[a]\n  k\t=  new  ; why\n# z\n");
	CHANGED("[a]\nk=\n", inifile_set(&f, "a", "k", "new"), "[a]\nk=new\n");
	CHANGED("[a]\nk: 1\n", inifile_set(&f, "a", "k", "2"), "[a]\nk: 2\n");
	CHANGED("[b]\nk=1\n[a]\nk=1\n", inifile_set(&f, "a", "k", "2"), "[b]\nk=1\n[a]\nk=2\n");
	CHANGED("[a]\nk=1 ; x\n", inifile_set(&f, "a", "k", "1"), "[a]\nk=1 ; x\n");
	CHANGED("[a  b]\nk=1\n", inifile_set(&f, "a b", "k", "2"), "[a  b]\nk=2\n");
	CHANGED("[a]\nk=1\nl=2\n", inifile_set(&f, "a", "k", NULL), "[a]\nl=2\n");
	CHANGED("[a]\nl=2\n", inifile_set(&f, "a", "k", NULL), "[a]\nl=2\n");
	CHANGED("[a]\nl=2\n", inifile_set(&f, "b", "k", NULL), "[a]\nl=2\n");
}

TEST(a_new_key_comes_after_the_last_one_of_its_section)
{
	CHANGED("[a]\n# c\nk=1\n\n# of b\n[b]\nx=y\n", inifile_set(&f, "a", "l", "2"),
		"[a]\n# c\nk=1\nl=2\n\n# of b\n[b]\nx=y\n");
	CHANGED("[a]\n# c\n\n[b]\n", inifile_set(&f, "a", "l", "2"), "[a]\nl=2\n# c\n\n[b]\n");
}

TEST(a_new_section_comes_last)
{
	CHANGED("", inifile_set(&f, "a b", "k", "1"), "[a b]\nk=1\n");
	CHANGED("# c\n", inifile_add_section(&f, "a"), "# c\n\n[a]\n");
	CHANGED("[b]\n\n", inifile_add_section(&f, "a"), "[b]\n\n[a]\n");
	CHANGED("[b]\n[a]\n", inifile_add_section(&f, "b"), "[b]\n[a]\n");
}

TEST(a_section_goes_and_comments_stay)
{
	CHANGED("[a]\nk=1\n", inifile_remove_section(&f, "a"), "");
	CHANGED("[a]\nk=1\n\n[b]\nl=2\n\n[c]\n", inifile_remove_section(&f, "b"),
		"[a]\nk=1\n\n[c]\n");
	CHANGED("[a]\nk=1\n\n[b]\nl=2\n", inifile_remove_section(&f, "b"), "[a]\nk=1\n");
	CHANGED("[b]\nl=2\n\n[c]\n", inifile_remove_section(&f, "b"), "[c]\n");
	CHANGED("# one\n[b]\n# two\nl=2\n# three\n[c]\n", inifile_remove_section(&f, "b"),
		"# one\n# two\n# three\n[c]\n");
	CHANGED("[a]\n", inifile_remove_section(&f, "b"), "[a]\n");
}

/* Many changes in any order: a model of sections and keys says what must be in the file. */
TEST(changes_in_any_order)
{
	int value[4][4], round, i, k;
	bool there[4];

	for (round = 0; round < 200; round++) {
		char section[16], key[16], number[16];
		struct inifile f;

		memset(there, 0, sizeof(there));
		inifile_take(&f, "x", "# head\n\n; [s0]\n\n");
		for (i = 0; i < 30; i++) {
			int s = (int)t_below(4), n = (int)t_below(4), v = (int)t_below(100);

			snprintf(section, sizeof(section), "s %d", s);
			snprintf(key, sizeof(key), "k%d", n);
			snprintf(number, sizeof(number), "%d", v);
			if (t_below(5) == 0) {
				CHECK_EQ(inifile_remove_section(&f, section), there[s]);
				there[s] = false;
				continue;
			}
			if (!there[s])
				memset(value[s], -1, sizeof(value[s]));
			if (t_below(4) == 0) {
				inifile_set(&f, section, key, NULL);
				value[s][n] = -1;
			} else {
				inifile_set(&f, section, key, number);
				there[s] = true;
				value[s][n] = v;
			}
		}
		for (i = 0; i < 4; i++) {
			size_t l = 0;

			snprintf(section, sizeof(section), "s %d", i);
			CHECK_EQ(inifile_has_section(&f, section), there[i]);
			while (there[i] && (f.line[l].kind != INI_SECTION ||
					    strcmp(f.line[l].name, section)))
				l++;
			for (k = 0; there[i] && k < 4; k++) {
				int seen = -1;
				size_t at;

				snprintf(key, sizeof(key), "k%d", k);
				for (at = l + 1; at < f.n && f.line[at].kind != INI_SECTION; at++)
					if (f.line[at].kind == INI_KEY &&
					    !strcmp(f.line[at].name, key))
						seen = atoi(f.line[at].value);
				CHECK_EQ(seen, value[i][k]);
			}
		}
		CHECK_TEXT(f.line[0].text, "# head");
		CHECK_TEXT(f.line[2].text, "; [s0]");
		inifile_free(&f);
	}
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? 0 : st.st_mode;
}

TEST(a_file_is_written_as_a_whole_with_the_mode_that_it_had)
{
	char folder[] = "/tmp/test_inifile.XXXXXX";
	struct inifile f;

	if (!mkdtemp(folder) || chdir(folder)) {
		T_FAIL("no folder");
		return;
	}
	CHECK(inifile_read(&f, "new/x.conf"));
	CHECK(!f.exists);
	inifile_set(&f, "a", "k", "1");
	CHECK(inifile_write(&f));
	inifile_free(&f);
	CHECK_EQ(mode_of("new/x.conf"), S_IFREG | 0644);
	CHECK(!chmod("new/x.conf", 0640) && !symlink("new/x.conf", "y.conf"));
	CHECK(inifile_read(&f, "y.conf"));
	CHECK(f.exists);
	inifile_set(&f, "a", "k", "2");
	CHECK(inifile_write(&f));
	inifile_free(&f);
	CHECK(S_ISLNK(mode_of("y.conf")));
	CHECK_EQ(mode_of("new/x.conf"), S_IFREG | 0640);
	CHECK(inifile_read(&f, "new/x.conf"));
	CHECK_EQ(f.n, 2);
	CHECK_TEXT(f.line[1].text, "k=2");
	inifile_free(&f);
	/* Nothing is left beside it. */
	CHECK(!unlink("new/x.conf") && !unlink("y.conf") && !rmdir("new"));
	CHECK(inifile_read(&f, "/proc/none/x.conf"));
	told_begin();
	CHECK(!inifile_write(&f));
	told_end();
	CHECK(strstr(told, "cannot write /proc/none/x.conf: "));
	inifile_free(&f);
	CHECK(!chdir("/") && !rmdir(folder));
}
