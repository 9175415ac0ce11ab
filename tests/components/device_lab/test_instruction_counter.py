"""Which machine words the counter takes for which arithmetic."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from components.device_lab.emulator_install import COUNTER_SOURCE

# Words as an assembler makes them.
WORDS = {
    0x4E420C20: "half",  # fmla v0.8h, v1.8h, v2.8h
    0x4E421420: "half",  # fadd v0.8h, v1.8h, v2.8h
    0x4F021020: "half",  # fmla v0.8h, v1.8h, v2.h[0]
    0x4E22CC20: "single",  # fmla v0.4s, v1.4s, v2.4s
    0x6E22DC20: "single",  # fmul v0.4s, v1.4s, v2.4s
    0x4F821020: "single",  # fmla v0.4s, v1.4s, v2.s[0]
    0x4E829420: "integer",  # sdot v0.4s, v1.16b, v2.16b
    0x4F82E020: "integer",  # sdot v0.4s, v1.16b, v2.4b[0]
    0x4E82A420: "integer",  # smmla v0.4s, v1.16b, v2.16b
    0x0E228020: "integer",  # smlal v0.8h, v1.8b, v2.8b
    0x0E22C020: "integer",  # smull v0.8h, v1.8b, v2.8b
    0x4EA29420: "integer",  # mla v0.4s, v1.4s, v2.4s
    0x4E62CC20: "all",  # fmla v0.2d, v1.2d, v2.2d
    0x4EA28420: "all",  # add v0.4s, v1.4s, v2.4s
    0x0E217820: "all",  # fcvtl v0.4s, v1.4h
    0x4E823820: "all",  # zip1 v0.4s, v1.4s, v2.4s
    0x4F000400: "all",  # movi v0.4s, #0
    0x1F020C20: "all",  # fmadd s0, s1, s2, s3
    0xD503201F: "all",  # nop
}


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="no C compiler on Linux")
def test_words_are_what_the_assembler_says(tmp_path: Path) -> None:
    tried = "".join(f"  puts(names[kind_of({word:#x}u)]);\n" for word in WORDS)
    stubs = (
        "size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *b) { (void)b; return 0; }\n"
        "struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *b, size_t i)"
        " { (void)b, (void)i; return 0; }\n"
        "const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *i) { (void)i; return 0; }\n"
    )
    harness = tmp_path / "harness.c"
    harness.write_text(f'#include "{COUNTER_SOURCE}"\n{stubs}int main(void) {{\n{tried}  return 0;\n}}\n')
    # Registering with qemu is not reached; what is not called may stay undefined.
    flags = ["-O2", "-ffunction-sections", "-Wl,--gc-sections", "-Wl,--unresolved-symbols=ignore-all"]
    subprocess.run(["cc", *flags, "-o", tmp_path / "harness", harness], check=True)
    said = subprocess.run([tmp_path / "harness"], check=True, capture_output=True, text=True).stdout.split()
    assert dict(zip(WORDS, said, strict=True)) == WORDS
