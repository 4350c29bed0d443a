// SPDX-License-Identifier: GPL-2.0-only
/* Whether the kernel takes our modules: Secure Boot, lockdown, and who signed them. */
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define EFIVARS		"/sys/firmware/efi/efivars/"
#define SECURE_BOOT	EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define ATTRIBUTES	4	/* bytes before the value of a variable in efivarfs */

/* Where shim leaves the keys of the machine's owner: the firmware, and newer kernels, show it. */
static const char *const key_lists[] = {
	"/sys/firmware/efi/efivars", "/sys/firmware/efi/mok-variables",
};

/* What DKMS signs with, in Ubuntu first. */
static const char *const keys[] = { "/var/lib/shim-signed/mok/MOK.der", "/var/lib/dkms/mok.pub" };

static bool secure_boot(const struct doctor *d)
{
	size_t size;
	char *text = root_text(&d->root, SECURE_BOOT, &size);
	bool on = text && size > ATTRIBUTES && text[ATTRIBUTES] == 1;

	free(text);
	return on;
}

/* Return: what makes the kernel refuse modules without a signature, or NULL. */
static const char *signed_only(const struct doctor *d)
{
	char line[128];

	if (root_line(&d->root, "/sys/kernel/security/lockdown", line, sizeof(line)) &&
	    (strstr(line, "[integrity]") || strstr(line, "[confidentiality]")))
		return "lockdown";
	if (root_line(&d->root, "/sys/module/module/parameters/sig_enforce", line, sizeof(line)) &&
	    line[0] == 'Y')
		return "module.sig_enforce";
	return NULL;
}

/* Whatever can be refused has not been taken yet. */
static bool in_question(const struct doctor *d, const struct kernel *k)
{
	return k->module_read && !(k->running && root_has(&d->root, "/sys/module/memx_rmap"));
}

static void each_unsigned(struct doctor *d, const struct check *c, const char *reason)
{
	const struct kernel *k;

	for (k = d->kernel; k < d->kernel + d->kernels; k++)
		if (in_question(d, k) && !k->is_signed)
			found(d, c, k->which, k->release, reason);
}

static void look_secure_boot(struct doctor *d, const struct check *c)
{
	if (secure_boot(d))
		each_unsigned(d, c, NULL);
}

static void look_lockdown(struct doctor *d, const struct check *c)
{
	const char *reason = signed_only(d);

	if (reason && !secure_boot(d))
		each_unsigned(d, c, reason);
}

/* The lists hold whole certificates, so a look for the bytes of ours does. */
static bool list_has(const struct doctor *d, const char *folder, const char *key, size_t size)
{
	char **names, path[PATH_BYTES], *list;
	size_t i, n = root_names(&d->root, folder, "MokListRT", &names), of_list;
	bool there = false;

	for (i = 0; i < n && !there; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		list = root_text(&d->root, path, &of_list);
		there = list && memmem(list, of_list, key, size);
		free(list);
	}
	names_free(names, n);
	return there;
}

static bool is_enrolled(const struct doctor *d, const char *key, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(key_lists) / sizeof(key_lists[0]); i++)
		if (list_has(d, key_lists[i], key, size))
			return true;
	return false;
}

/* Return: the first key that DKMS has here. */
static const char *signing_key(const struct doctor *d)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (root_has(&d->root, keys[i]))
			return keys[i];
	return NULL;
}

static void look_key(struct doctor *d, const struct check *c)
{
	const char *path = signing_key(d);
	bool any = false;
	size_t i, size;
	char *key;

	for (i = 0; i < d->kernels; i++)
		any = any || (in_question(d, &d->kernel[i]) && d->kernel[i].is_signed);
	if (!any || !path || !secure_boot(d))
		return;
	key = root_text(&d->root, path, &size);
	if (!key)
		unseen(d, "%s cannot be read", path);
	else if (!is_enrolled(d, key, size))
		found(d, c, path, NULL, NULL);
	free(key);
}

const struct check signature_checks[] = {
	{ "secure-boot", ERROR,
	  "Secure Boot is on, and memx_rmap of {1} kernel {2} is not signed: the kernel refuses it",
	  "run 'dkms uninstall memx -k {2}', then 'dkms autoinstall -k {2}', which signs it, then "
	  "'mokutil --import /var/lib/dkms/mok.pub', and reboot", look_secure_boot },
	{ "secure-boot-key", ERROR,
	  "Secure Boot is on, and this machine does not trust the key that DKMS signs modules with",
	  "run 'mokutil --import {1}', choose a password, reboot, and confirm with this password "
	  "on the screen that comes before the boot loader", look_key },
	{ "lockdown", ERROR,
	  "the kernel takes signed modules only ({3}), and memx_rmap of {1} kernel {2} is not "
	  "signed",
	  "boot without {3} on the kernel's command line, or sign the module with a key that the "
	  "kernel knows", look_lockdown },
	{ 0 }
};
