/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the Go code of the shared library that its argument names, or of the archive in it. */
#include <dlfcn.h>
#include <stdio.h>

#ifdef LINKED
extern void RunZoo(void);
#endif

int main(int argc, char **argv)
{
	void (*run)(void) = NULL;

#ifdef LINKED
	(void)argc;
	(void)argv;
	run = RunZoo;
#else
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	if (library)
		*(void **)&run = dlsym(library, "RunZoo");
	if (!run) {
		fprintf(stderr, "host: %s\n", dlerror());
		return 1;
	}
#endif
	run();
	return 0;
}
