// Package peak tells the benchmarks how much memory a process has needed.
package peak
