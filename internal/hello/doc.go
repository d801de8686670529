// Package hello is a small service with its repository, for tests that take one
// through the gate: [Write] puts the repository into a folder, [Handler] serves
// what its deploy command deploys.
//
// The service greets people. Its scenarios run in process in the commit stage,
// on the place "staging" in the stage acceptance, and the one tagged @smoke on
// the place "prod", which is live, in the stage production. Steps of the form
// "a step that ..." go wrong in the way that they say.
//
// A place is some files in the folder place of the repository, which git
// ignores:
//
//	place/staging.commit    the commit that is deployed, as /staging/version tells it
//	place/staging.greeting  the word with which /staging/greeting greets
//	place/weather           what the weather service answers; without it, that it has 21 degrees
package hello
