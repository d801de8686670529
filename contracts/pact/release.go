package pact

import "github.com/stagegate/stagegate/internal/pactversion"

// The release of the engine that this package is written for. Its library is
// accepted by its content alone: wherever it comes from, it must have
// [LibrarySHA512].
const (
	Version = pactversion.Version // of libpact_ffi

	Package        = "@pact-foundation/pact-core-linux-x64-glibc" // npm package that carries it
	PackageVersion = "18.1.0"
	PackageMember  = "package/prebuilds/linux-x64/libpact_ffi.so" // the library in the package's archive
	PackageSHA512  = "ae14798994bbec87b4a1c266b684ee6fcda5c8c4268e39f5e543e10f94efd62da46246cb0953d2619a53aca6a4fce0839b9fc03342dbed8a886653a2a4c9bf98"

	Library       = pactversion.Library
	LibrarySHA512 = "67ca4ccf723088f63d302817c9dda5c8018c481dca00d501773c94fcc5c706cbae398aa30a4c3c6107b405bffcefc4b42e26b1af84d3a3e73c6cee282e111de8"
)

// InstallCommand installs the engine into the user's cache, from any module
// that requires this one.
const InstallCommand = "go run github.com/stagegate/stagegate/contracts/pact/install"

// Variable names the environment variable that holds another place of the library.
const Variable = pactversion.Variable
