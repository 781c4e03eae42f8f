/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/remote.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/spool.h"
#include "cli/file_kind.h"
#include "confine/connector.h"
#include "http/get.h"
#include "http/refusal.h"
#include "http/unwrap.h"

#define FIELDS_MAX    128
#define SECRETS_MAX   ((size_t)64 << 10) /* of a file with a token, or with fields */
#define CONTENT_MAX   ((uint64_t)256 << 20)
#define PROFILES_PATH "/debug/pprof/"

struct remote {
	const char *shown; /* the operand now */
	struct http_url url;
	bool is_whole;
};

/* Of the command line: there is one. All strings lie in the invocation's memory. */
static struct {
	struct arena *memory;
	struct remote *items;
	struct http_endpoint *endpoints; /* of the items; found by remote_prepare() */
	size_t count;
	const char *fields[FIELDS_MAX];
	size_t field_count;
	const struct options *options;
	struct http_tls *tls;
	enum remote_part meant; /* by the whole */
} remotes;

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t size = strlen(end);
	return length >= size && !memcmp(text + length - size, end, size);
}

static bool names_whole(const struct http_url *url)
{
	size_t length = http_url_path_length(url);
	return length == 1 || ends_with(url->target, length, "/debug/pprof") ||
	       ends_with(url->target, length, PROFILES_PATH);
}

/* `ps` shows the words that dowse was called with. */
static void wipe(const char *word, size_t length)
{
	memset((char *)(uintptr_t)word, '*', length);
}

static void wipe_login(const char *word)
{
	const char *begin = strstr(word, "://") + 3;
	const char *at = memrchr(begin, '@', strcspn(begin, "/?#"));
	if (at)
		wipe(begin, (size_t)(at - begin));
}

static struct error *read_word(const char *word, const char **ret)
{
	struct remote *remote = &remotes.items[remotes.count];
	struct error *error = http_url_parse(word, &remote->url);
	wipe_login(word);
	TRY(error);
	*ret = remote->shown = remote->url.shown;
	remote->is_whole = names_whole(&remote->url);
	remotes.count++;
	return NULL;
}

/* What exists is a file, whatever it is called. */
static bool is_url(const char *word)
{
	struct stat status;
	return word && http_url_is(word) && stat(word, &status) < 0;
}

static struct error *add_field(const char *text, size_t length)
{
	bool good = memchr(text, ':', length) && *text != ':';
	for (size_t i = 0; i < length && good; i++)
		good = (text[i] >= ' ' || text[i] == '\t') && text[i] != 0x7f;
	/* It may be a secret: it is not shown. */
	if (!good)
		return error_new(ERROR_USAGE, "--header takes 'Name: value', or @FILE with a line "
					      "for each");
	if (remotes.field_count == FIELDS_MAX)
		return error_new(ERROR_USAGE, "--header can be given %d times", FIELDS_MAX);
	const char *field = arena_copy_string(remotes.memory, text, length);
	if (!field)
		return error_no_memory();
	remotes.fields[remotes.field_count++] = field;
	return NULL;
}

static struct error *read_fields(const char *path)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	TRY(error_wrap(file_read(path, SECRETS_MAX, &file), "--header"));
	const char *text = (const char *)file.bytes, *end = text + file.size;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((newline ? newline : end) - text);
		size_t kept = length && text[length - 1] == '\r' ? length - 1 : length;
		if (kept)
			TRY(add_field(text, kept));
		text += length + (newline ? 1 : 0);
	}
	return NULL;
}

static struct error *read_token(const char *path)
{
	static const char head[] = "Authorization: Bearer ";
	char field[SECRETS_MAX / 4];
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	TRY(error_wrap(file_read(path, sizeof(field) - sizeof(head), &file), "--token-file"));
	size_t size = file.size;
	while (size && strchr(" \r\n\t", file.bytes[size - 1]))
		size--;
	if (!size || memchr(file.bytes, '\n', size))
		return error_new(ERROR_USAGE, "--token-file %s: a token is one line", path);
	memcpy(field, head, sizeof(head) - 1);
	memcpy(field + sizeof(head) - 1, file.bytes, size);
	return add_field(field, sizeof(head) - 1 + size);
}

static struct error *read_secrets(const struct options *options)
{
	for (size_t i = 0; i < options->headers.count; i++) {
		const char *field = options->headers.items[i];
		struct error *error = *field == '@' ? read_fields(field + 1)
						    : add_field(field, strlen(field));
		if (*field != '@')
			wipe(field, strlen(field));
		TRY(error);
	}
	return options->token_file ? read_token(options->token_file) : NULL;
}

/* Options that need a URL. */
static struct error *check_options(const struct options *options)
{
	static const enum option_id of_urls[] = { OPTION_HEADER, OPTION_TOKEN_FILE, OPTION_CACERT,
						  OPTION_INSECURE, OPTION_TIMEOUT };
	for (size_t i = 0; i < ARRAY_SIZE(of_urls); i++) {
		if (options->given[of_urls[i]] && !remotes.count)
			return error_new(ERROR_USAGE, "%s is for a URL", options_name(of_urls[i]));
	}
	return NULL;
}

struct error *remote_take_words(struct invocation *invocation)
{
	size_t count = invocation->operand_count;
	struct options *options = &invocation->options;
	if (invocation->verb->starts_program || invocation->verb->looks_at_nothing)
		return NULL;
	remotes.memory = &invocation->memory;
	remotes.options = options;
	remotes.meant = invocation->verb->name && !strcmp(invocation->verb->name, "goroutines")
				? REMOTE_GOROUTINES
				: REMOTE_HEAP;
	remotes.items = arena_allocate(remotes.memory, (count + 1) * sizeof(*remotes.items));
	const char **words = arena_allocate(remotes.memory, (count + 1) * sizeof(*words));
	if (!remotes.items || !words)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		words[i] = invocation->operands[i];
		if (is_url(words[i]))
			TRY(read_word(words[i], &words[i]));
	}
	invocation->operands = words;
	if (is_url(options->against))
		TRY(read_word(options->against, &options->against));
	TRY(read_secrets(options));
	return check_options(options);
}

void remote_let_go(void)
{
	for (size_t i = 0; i < remotes.count; i++)
		http_url_deinit(&remotes.items[i].url);
	remotes.count = 0;
	http_tls_destroy(TAKE_PTR(remotes.tls));
}

static struct error *prepare_tls(void)
{
	bool secure = false;
	for (size_t i = 0; i < remotes.count; i++)
		secure |= remotes.items[i].url.secure;
	if (!secure)
		return NULL;
	const struct http_tls_options options = {
		.authorities = remotes.options->cacert,
		.unverified = remotes.options->given[OPTION_INSECURE],
	};
	if (options.unverified) {
		struct writer writer = WRITER_TO_DESCRIPTOR(STDERR_FILENO);
		writer_string(
			&writer,
			"dowse: warning: --insecure: nobody knows who answers, and whoever it "
			"is gets what --header, --token-file and the URL give away\n");
		error_ignore(writer_finish(&writer));
		writer_deinit(&writer);
	}
	return http_tls_create(&options, &remotes.tls);
}

struct error *remote_prepare(const struct invocation *invocation)
{
	(void)invocation;
	if (!remotes.count)
		return NULL;
	TRY(prepare_tls());
	remotes.endpoints = arena_allocate(remotes.memory,
					   remotes.count * sizeof(*remotes.endpoints));
	if (!remotes.endpoints)
		return error_no_memory();
	for (size_t i = 0; i < remotes.count; i++)
		TRY(http_endpoint_find(&remotes.items[i].url, &remotes.endpoints[i]));
	return NULL;
}

const struct http_endpoint *remote_endpoints(size_t *ret_count)
{
	*ret_count = remotes.endpoints ? remotes.count : 0;
	return remotes.endpoints;
}

static const struct remote *find(const char *operand)
{
	for (size_t i = 0; i < remotes.count; i++) {
		if (remotes.items[i].shown == operand)
			return &remotes.items[i];
	}
	return NULL;
}

bool remote_is(const char *operand)
{
	return find(operand);
}

bool remote_is_whole(const char *operand)
{
	const struct remote *remote = find(operand);
	return remote && remote->is_whole;
}

/* "/debug/pprof/" and what is asked for; NULL: memory is out. */
static char *target_of_part(const struct remote *remote, enum remote_part part)
{
	const char *target = remote->url.target;
	const char *name = part == REMOTE_GOROUTINES ? "goroutine?debug=2" : "heap";
	size_t path = http_url_path_length(&remote->url);
	struct writer writer = WRITER_TO_MEMORY;
	if (path == 1) {
		writer_string(&writer, PROFILES_PATH);
	} else {
		writer_bytes(&writer, target, path);
		if (target[path - 1] != '/')
			writer_char(&writer, '/');
	}
	writer_string(&writer, name);
	/* What stood behind the question mark may let it in. */
	if (target[path] && target[path + 1])
		writer_printf(&writer, "%c%s", part == REMOTE_GOROUTINES ? '&' : '?',
			      target + path + 1);
	const char *text = writer_text(&writer);
	char *copy = text ? strdup(text) : NULL;
	writer_deinit(&writer);
	return copy;
}

/* Goroutines one by one say more than their counts. */
static char *target_as_named(const struct remote *remote)
{
	const char *target = remote->url.target;
	size_t path = http_url_path_length(&remote->url);
	bool counts = remotes.meant == REMOTE_GOROUTINES && !target[path] &&
		      ends_with(target, path, PROFILES_PATH "goroutine");
	char *copy = NULL;
	if (asprintf(&copy, "%s%s", target, counts ? "?debug=2" : "") < 0)
		return NULL;
	return copy;
}

static struct error *connect_remote(void *argument, int *ret)
{
	size_t index = (size_t)((const struct remote *)argument - remotes.items);
	return connector_connect(&remotes.endpoints[index], index, ret);
}

static struct error *fetch(const struct remote *remote, const struct http_url *url, int *ret)
{
	const struct spool_options spool = { .folder = remotes.options->spool };
	const struct http_request request = {
		.url = url,
		.fields = remotes.fields,
		.field_count = remotes.field_count,
		.idle_ns = remotes.options->timeout_ns,
		.size_max = CONTENT_MAX,
		.tls = remotes.tls,
		.connect = connect_remote,
		.argument = (void *)(uintptr_t)remote,
	};
	_cleanup_(close_descriptor) int file = -1, unwrapped = -1;
	struct http_answer answer;
	bool wrapped = false;
	TRY(spool_open(&spool, url->shown, &file));
	TRY(http_get(&request, file, &answer));
	if (answer.gzip) {
		TRY(spool_open(&spool, url->shown, &unwrapped));
		TRY(http_unwrap(file, answer.size, url->shown, unwrapped, &wrapped));
	}
	*ret = wrapped ? TAKE_FD(unwrapped) : TAKE_FD(file);
	return NULL;
}

static struct error *judge(int file, const struct http_url *url, struct cli_target *ret)
{
	enum file_kind kind;
	enum compression compression;
	char first = 0;
	TRY(file_kind_of_descriptor(file, url->shown, &kind, &compression));
	if (kind == FILE_EMPTY)
		return error_new(ERROR_CORRUPT, "%s: its answer is empty", url->shown);
	if (kind != FILE_TEXT && kind != FILE_PROFILE)
		return error_new(ERROR_UNSUPPORTED,
				 "%s: what it sends is %s: dowse takes profiles and goroutine "
				 "dumps from a URL",
				 url->shown, file_kind_name(kind));
	if (kind == FILE_TEXT && pread(file, &first, 1, 0) == 1 && first == '<')
		return http_refusal_page(url);
	ret->kind = kind == FILE_TEXT ? CLI_TARGET_TEXT : CLI_TARGET_PROFILE;
	ret->compression = compression;
	return NULL;
}

struct error *remote_fetch(const char *operand, enum remote_part part, struct cli_target *ret)
{
	const struct remote *remote = find(operand);
	_cleanup_(http_url_deinit) struct http_url url = { 0 };
	_cleanup_(close_descriptor) int file = -1;
	if (remote->is_whole && part == REMOTE_AS_NAMED)
		part = remotes.meant;
	_cleanup_(free_pointer) char *wanted = remote->is_whole ? target_of_part(remote, part)
								: target_as_named(remote);
	if (!wanted)
		return error_no_memory();
	TRY(http_url_with(&remote->url, wanted, &url));
	TRY(fetch(remote, &url, &file));
	struct cli_target target = { .descriptor = -1 };
	TRY(judge(file, &url, &target));
	target.path = arena_copy_string(remotes.memory, url.shown, strlen(url.shown));
	if (!target.path)
		return error_no_memory();
	target.descriptor = TAKE_FD(file);
	*ret = target;
	return NULL;
}
