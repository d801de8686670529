// Package conceal takes secrets out of texts that others will read.
package conceal
