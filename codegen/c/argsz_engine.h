/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The loop of the C engine: a line in, a line out. What comes before it in the
 * file that is built are the generated checks; what comes after is a table.
 */
#include <stdio.h>
#include <stdlib.h>

struct outcome {
	int err;
	const char *rule;
	int after_lookup;
	const void *held;
	size_t known;
};

struct reader {
	const char *name;
	void (*run)(argsz_user_t user, size_t size, struct outcome *out);
};

struct errno_name {
	int err;
	const char *name;
};

extern const struct reader readers[];
extern const struct errno_name errno_names[];

static const char *name_of(int err)
{
	const struct errno_name *entry;

	if (!err)
		return "OK";
	for (entry = errno_names; entry->name; entry++)
		if (entry->err == -err)
			return entry->name;
	return "unknown";
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c - 'a' + 10;
}

static void answer(const struct outcome *out)
{
	const unsigned char *held = out->held;
	size_t i;

	printf("%s %s %d ", name_of(out->err), out->rule ? out->rule : "-",
	       out->after_lookup);
	if (out->err) {
		puts("-");
		return;
	}
	for (i = 0; i < out->known; i++) {
		putchar("0123456789abcdef"[held[i] >> 4]);
		putchar("0123456789abcdef"[held[i] & 15]);
	}
	putchar('\n');
}

/* One line: the struct, its bytes in hex, the size beside the pointer. */
static int serve(const char *name, const char *hex, const char *size)
{
	const struct reader *reader;
	size_t len = *hex == '-' ? 0 : strlen(hex) / 2, i;
	/* Exactly as large, so that a sanitizer sees every byte beyond. */
	unsigned char *bytes = malloc(len ? len : 1);
	struct argsz_user_buf user = { bytes, len };
	struct outcome out = { 0 };

	if (!bytes)
		return 1;
	for (i = 0; i < len; i++)
		bytes[i] = (unsigned char)(digit(hex[2 * i]) << 4 |
					   digit(hex[2 * i + 1]));
	for (reader = readers; reader->name; reader++)
		if (!strcmp(reader->name, name))
			break;
	if (!reader->name) {
		fprintf(stderr, "no struct %s\n", name);
		free(bytes);
		return 1;
	}
	reader->run(user, (size_t)strtoull(size, NULL, 10), &out);
	answer(&out);
	free(bytes);
	return 0;
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	while (!err && getline(&line, &room, stdin) > 0) {
		char *name = strtok(line, " \n");
		char *hex = strtok(NULL, " \n");
		char *size = strtok(NULL, " \n");

		err = !size || serve(name, hex, size);
	}
	free(line);
	return err;
}
