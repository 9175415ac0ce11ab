/* A plugin of qemu's user emulation that counts AArch64 instructions by what they compute.
 *
 * Only what runs between the system calls getpgid(COUNTING_BEGINS) and getpgid(COUNTING_ENDS) counts, so that
 * a guest can leave its start-up out. The counts go into instructions.txt of the working folder.
 * Encodings: Arm Architecture Reference Manual for A-profile (DDI 0487), C4.1, "Advanced SIMD".
 * The declarations are those that this file needs of qemu-plugin.h, version 1 (qemu 4.2 to 8.2).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
typedef void (*translate_callback)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*exit_callback)(qemu_plugin_id_t, void *);
typedef void (*syscall_callback)(qemu_plugin_id_t, unsigned int vcpu, int64_t number, uint64_t a1, uint64_t a2,
                                 uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translate_callback);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, enum qemu_plugin_op, void *, uint64_t);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum qemu_plugin_op, void *, uint64_t);
void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t, syscall_callback);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, exit_callback, void *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { GETPGID = 155, COUNTING_BEGINS = 0x6e6f7261, COUNTING_ENDS = 0x6e6f7262 };
enum kind { ALL, HALF, SINGLE, INTEGER, KINDS };
static const char *const names[KINDS] = {"all", "half", "single", "integer"};
static uint64_t executed[KINDS], before[KINDS], counted[KINDS];

/* What a word computes; ALL where it is none of the vector arithmetic that is told apart. */
static enum kind kind_of(uint32_t word) {
  uint32_t size = (word >> 22) & 3, unsigned_form = (word >> 29) & 1;
  /* Three registers of the same type, half precision: 0QU01110 a10mmmmm 00ooo1. */
  if ((word & 0x9f60c400) == 0x0e400400) return HALF;
  /* The same, single and double precision: 0QU01110 az1mmmmm 11ooo1; z = 0 is single. */
  if ((word & 0x9f20c400) == 0x0e20c400 && !(size & 1)) return SINGLE;
  /* The same, integers: MLA and MLS 10010, MUL 10011 without U. */
  if ((word & 0x9f20fc00) == 0x0e209400) return INTEGER;
  if ((word & 0xbf20fc00) == 0x0e209c00) return INTEGER;
  /* Three registers, extra: SDOT/UDOT 0010, USDOT 0011, SMMLA/UMMLA 0100, USMMLA 0101; 32-bit sums. */
  if ((word & 0x9f208400) == 0x0e008400 && size == 2) {
    uint32_t operation = (word >> 11) & 15;
    return operation >= 2 && operation <= 5 ? INTEGER : ALL;
  }
  /* Three registers of different width: [SU]MLAL 1000, [SU]MLSL 1010, [SU]MULL 1100. */
  if ((word & 0x9f200c00) == 0x0e200000 && size != 3) {
    uint32_t operation = (word >> 12) & 15;
    return operation == 8 || operation == 10 || operation == 12 ? INTEGER : ALL;
  }
  /* A vector by one element: 0QU01111 zzLMmmmm ooooH0. */
  if ((word & 0x9f000400) == 0x0f000000) {
    uint32_t operation = (word >> 12) & 15;
    switch (operation) {
      case 1: case 5: case 9: /* FMLA, FMLS, FMUL; with U only FMULX is arithmetic on floats */
        if (unsigned_form && operation != 9) return ALL;
        return size == 0 ? HALF : size == 2 ? SINGLE : ALL;
      case 0: case 4: /* MLA, MLS */
        return unsigned_form && (size == 1 || size == 2) ? INTEGER : ALL;
      case 8: /* MUL */
        return !unsigned_form && (size == 1 || size == 2) ? INTEGER : ALL;
      case 2: case 6: case 10: /* [SU]MLAL, [SU]MLSL, [SU]MULL */
        return size == 1 || size == 2 ? INTEGER : ALL;
      case 14: /* SDOT, UDOT */
        return size == 2 ? INTEGER : ALL;
      case 15: /* SUDOT, USDOT */
        return !unsigned_form && (size == 0 || size == 2) ? INTEGER : ALL;
    }
  }
  return ALL;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  size_t length = qemu_plugin_tb_n_insns(block);
  for (size_t i = 0; i < length; i++) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    const unsigned char *bytes = qemu_plugin_insn_data(instruction);
    uint32_t word = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    enum kind kind = kind_of(word);
    if (kind != ALL)
      qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &executed[kind], 1);
  }
  qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &executed[ALL], length);
}

static void system_call(qemu_plugin_id_t id, unsigned int vcpu, int64_t number, uint64_t a1, uint64_t a2,
                        uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
  (void)id, (void)vcpu, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  if (number != GETPGID) return;
  for (int kind = 0; kind < KINDS; kind++) {
    if (a1 == COUNTING_BEGINS) before[kind] = executed[kind];
    if (a1 == COUNTING_ENDS) counted[kind] += executed[kind] - before[kind];
  }
}

static void write_counts(qemu_plugin_id_t id, void *unused) {
  (void)id, (void)unused;
  FILE *file = fopen("instructions.txt", "w");
  if (!file) return;
  for (int kind = 0; kind < KINDS; kind++) fprintf(file, "%s %llu\n", names[kind], (unsigned long long)counted[kind]);
  fclose(file);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info,
                                                               int count, char **arguments) {
  (void)info, (void)count, (void)arguments;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  qemu_plugin_register_vcpu_syscall_cb(id, system_call);
  qemu_plugin_register_atexit_cb(id, write_counts, NULL);
  return 0;
}
