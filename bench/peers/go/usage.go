package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// cpuTime returns the CPU time that the process has used so far, in user and system mode.
func cpuTime() time.Duration {
	usage := resourceUsage()
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// maxRSS returns the maximum resident memory of the process, in bytes.
func maxRSS() float64 {
	// On Linux, getrusage includes the memory of the parent process before exec.
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		var kibibytes float64
		if _, line, found := strings.Cut(string(status), "VmHWM:"); found {
			if _, err := fmt.Sscan(line, &kibibytes); err == nil {
				return kibibytes * 1024
			}
		}
	}
	size := float64(resourceUsage().Maxrss)
	if runtime.GOOS == "darwin" {
		return size
	}
	return size * 1024
}

func resourceUsage() (usage syscall.Rusage) {
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage
}

// cpuSecondsOf returns the CPU time of another process so far; 0 without /proc.
func cpuSecondsOf(pid int) float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name before it, in parentheses, can contain any characters.
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	var user, system float64
	fmt.Sscan(fields[11], &user)
	fmt.Sscan(fields[12], &system)
	const ticksPerSecond = 100
	return (user + system) / ticksPerSecond
}
