//go:build 386 || arm || armbe || mips || mipsle || mips64p32 || mips64p32le || ppc || riscv || s390 || sparc || amd64p32

package stats

// A counter is written by a plain instruction and read by other processes meanwhile: on a 32-bit machine that takes two, and who
// reads in between sees a number that never was. Building for one ends here.
var _ = lbmaster_runs_on_64_bit_machines_only
