/* SPDX-License-Identifier: Apache-2.0 */
#include <dowse.h>

#include <stdio.h>
#include <stdlib.h>

/* test-cli-public PID|FILE: what the library says, a line a finding. */
int main(int argc, char **argv)
{
	struct dowse *look;
	char message[DOWSE_MESSAGE_SIZE];
	if (argc != 2) {
		fprintf(stderr, "usage: test-cli-public PID|FILE\n");
		return 1;
	}
	int pid = (int)strtol(argv[1], NULL, 10);
	if (pid ? !dowse_look(pid, 0, message, &look)
		: !dowse_look_file(argv[1], NULL, message, &look)) {
		fprintf(stderr, "%s\n", message);
		return 1;
	}
	struct dowse_finding finding;
	for (size_t i = 0; dowse_finding(look, i, &finding); i++)
		printf("%d %s %s %llu %s:%d\n", (int)finding.certainty, finding.code, finding.rule,
		       (unsigned long long)finding.count, finding.place.function,
		       finding.place.line);
	printf("%llu goroutines, %zu findings, %s\n",
	       (unsigned long long)dowse_goroutine_count(look), dowse_finding_count(look),
	       dowse_pause_ns(look) ? "stopped" : "not stopped");
	dowse_destroy(look);
	dowse_destroy(NULL);
	return 0;
}
