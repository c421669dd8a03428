// A wrong clock for a Go program, which does not ask the C library what time it is: with this library
// in LD_PRELOAD its wall clock is CLOCK_OFFSET seconds ahead. The vDSO, where both look, is each
// process's own, and is changed before the program begins. Linux on amd64.
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long offset;

static long ask(long clock, struct timespec *t) {
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(SYS_clock_gettime), "D"(clock), "S"(t) : "rcx", "r11", "memory");
	if (result == 0 && clock == CLOCK_REALTIME)
		t->tv_sec += offset;
	return result;
}

__attribute__((constructor)) static void change(void) {
	const char *text = getenv("CLOCK_OFFSET");
	char *base = (char *)getauxval(AT_SYSINFO_EHDR);
	if (!text || !base)
		return;
	offset = atol(text);
	ElfW(Ehdr) *image = (void *)base;
	ElfW(Phdr) *part = (void *)(base + image->e_phoff);
	ElfW(Dyn) *entry = 0;
	intptr_t load = 0;
	for (int i = 0; i < image->e_phnum; i++) {
		if (part[i].p_type == PT_LOAD)
			load = (intptr_t)base + part[i].p_offset - part[i].p_vaddr;
		if (part[i].p_type == PT_DYNAMIC)
			entry = (void *)(base + part[i].p_offset);
	}
	ElfW(Sym) *symbols = 0;
	ElfW(Word) *hash = 0;
	char *names = 0;
	for (; entry && entry->d_tag != DT_NULL; entry++) {
		void *at = (void *)(load + entry->d_un.d_ptr);
		if (entry->d_tag == DT_SYMTAB)
			symbols = at;
		if (entry->d_tag == DT_STRTAB)
			names = at;
		if (entry->d_tag == DT_HASH)
			hash = at;
	}
	for (unsigned i = 0; hash && i < hash[1]; i++) {
		if (strcmp(names + symbols[i].st_name, "__vdso_clock_gettime"))
			continue;
		unsigned char *function = (void *)(load + symbols[i].st_value);
		long page = sysconf(_SC_PAGESIZE);
		char *start = (char *)((uintptr_t)function & ~(page - 1));
		unsigned char jump[12] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0}; // mov rax, ask; jmp rax
		void *to = ask;
		memcpy(jump + 2, &to, sizeof to);
		if (mprotect(start, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC))
			_exit(98);
		memcpy(function, jump, sizeof jump);
		mprotect(start, 2 * page, PROT_READ | PROT_EXEC);
		return;
	}
	_exit(97); // a vDSO of another kind
}
