/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the shared library that its argument names, and runs the Go code in it. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	void (*run)(void) = NULL;

	if (library)
		*(void **)&run = dlsym(library, "RunZoo");
	if (!run) {
		fprintf(stderr, "host: %s\n", dlerror());
		return 1;
	}
	run();
	return 0;
}
