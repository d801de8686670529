// Package s3store keeps what runs write in an S3 bucket, once and for good.
//
//	store := s3store.New(s3.NewFromConfig(cfg), s3store.Options{
//		Bucket: "acme-stagegate", Prefix: "orders", Owner: "444444444444",
//	})
//	report, err := store.Check(ctx)   // whose bucket it is, and what it enforces
//
// A [Store] implements [harness.Store]: each key is an object of that name below
// the prefix. Every write is a PutObject with If-None-Match: *, so that of
// several writers one succeeds; every request names the account that must own
// the bucket; every value carries its SHA-256, which S3 checks when it takes it
// and Get when it reads it. The package takes a client and loads no configuration.
//
// # When no answer comes
//
// A request whose answer is lost may have been carried out. Each Put therefore
// marks its object with a random number of its own, and is sent again with the
// same one: where a value is in the way, the number tells whether it is this
// Put's. Equal bytes would not: two writers of the same bytes would both have
// won. What cannot be told in the end is an [UnsettledError], the one case in
// which a Put fails and its value may be there, now or a moment later: there is
// no delete to take it back with.
//
// # What the bucket must enforce itself
//
// The package has no call that deletes or overwrites; whoever has the bucket's
// credentials has others. [Store.Check] says what of this is missing, but for
// the bucket's policy, which it does not read:
//
//   - Object Lock with a default retention, as long as evidence counts.
//     COMPLIANCE holds against everybody; GOVERNANCE yields to
//     s3:BypassGovernanceRetention. It needs versioning, and it alone stops
//     lifecycle rules and the account's administrators. [Options.Retain] is for
//     a bucket that other things share: it needs s3:PutObjectRetention too.
//   - Block Public Access, all four.
//   - A bucket policy that refuses what this package never sends: deletes, and
//     writes without If-None-Match, which would put a new version over a value.
//     Over a delete marker If-None-Match succeeds: who may delete may rewrite.
//   - A bucket of its own, in an account of its own. A condition on s3:prefix
//     would forbid s3:ListBucket where it decides whether a missing object is
//     answered 404 or 403.
//
// Bucket policy:
//
//	{
//	  "Version": "2012-10-17",
//	  "Statement": [
//	    {"Sid": "NobodyDeletes", "Effect": "Deny", "Principal": "*",
//	     "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
//	     "Resource": "arn:aws:s3:::acme-stagegate/*"},
//	    {"Sid": "NobodyOverwrites", "Effect": "Deny", "Principal": "*",
//	     "Action": "s3:PutObject",
//	     "Resource": "arn:aws:s3:::acme-stagegate/*",
//	     "Condition": {"Null": {"s3:if-none-match": "true"}}},
//	    {"Sid": "EncryptedOnTheWay", "Effect": "Deny", "Principal": "*",
//	     "Action": "s3:*",
//	     "Resource": ["arn:aws:s3:::acme-stagegate", "arn:aws:s3:::acme-stagegate/*"],
//	     "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
//	  ]
//	}
//
// # Roles
//
// A bucket that encrypts with a KMS key also needs kms:GenerateDataKey and
// kms:Decrypt on the key for the writer, kms:Decrypt for the reader.
//
// Policy of the role that writes, for gate run, test and decide:
//
//	{
//	  "Version": "2012-10-17",
//	  "Statement": [
//	    {"Sid": "WriteAndRead", "Effect": "Allow",
//	     "Action": ["s3:PutObject", "s3:GetObject"],
//	     "Resource": "arn:aws:s3:::acme-stagegate/orders/*"},
//	    {"Sid": "List", "Effect": "Allow",
//	     "Action": "s3:ListBucket",
//	     "Resource": "arn:aws:s3:::acme-stagegate"}
//	  ]
//	}
//
// Policy of the role that reads, for gate check, explain and report; the last
// statement is for Check alone:
//
//	{
//	  "Version": "2012-10-17",
//	  "Statement": [
//	    {"Sid": "Read", "Effect": "Allow",
//	     "Action": "s3:GetObject",
//	     "Resource": "arn:aws:s3:::acme-stagegate/orders/*"},
//	    {"Sid": "List", "Effect": "Allow",
//	     "Action": "s3:ListBucket",
//	     "Resource": "arn:aws:s3:::acme-stagegate"},
//	    {"Sid": "Check", "Effect": "Allow",
//	     "Action": ["s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketPublicAccessBlock"],
//	     "Resource": "arn:aws:s3:::acme-stagegate"}
//	  ]
//	}
//
// S3 sends no checksum with lists: there TLS alone notices a changed name.
package s3store
