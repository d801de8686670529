// Package moto runs moto_server, an emulator of AWS with as many accounts as
// one likes, as a child process.
//
// [Find] says where the program is, [Start] runs it on a free port of
// 127.0.0.1. An account is reached by assuming a role whose ARN names it; the
// role does not have to exist. The emulator dies with the process that started
// it, however that ends.
package moto
