package bootstrap

// Roles of the three jobs, in the account of the store. Each signs with the key
// of its name (docs/security.md, "The jobs").
const (
	deployerName = "gate-deployer"
	testerName   = "gate-tester"
	judgeName    = "gate-judge"
)

// A bucket keeps the evidence.
type bucket struct {
	name   string
	policy object
}

// A key signs for one role: ECC_NIST_P256, SIGN_VERIFY.
type key struct {
	id     string // in the file: "JudgeKey"
	alias  string // without "alias/"
	role   string // id of the role that signs
	about  string
	policy func(administrator, signer any) object
}

// home is the account of the store, nil where the store is a folder.
func (b *builder) home() *account {
	if _, _, ok := b.file.Store.Bucket(); !ok {
		return nil
	}
	return b.account("store", b.file.Store.Target())
}

// store adds the bucket, and a role and a key for each job.
func (b *builder) store(a *account) {
	name, prefix, _ := b.file.Store.Bucket()
	a.bucket = a.evidence(name)
	writes := a.writer(name, prefix)
	deployer := a.add("Deployer", a.role(deployerName), "gate begin: deploys, and signs for it")
	tester := a.add("Tester", a.role(testerName), "gate test: runs suites, and signs for them")
	judge := a.add("Judge", a.role(judgeName), "gate decide and check: decides, and signs for it")
	var deploys, tests, watches []string // roles elsewhere
	for _, s := range b.file.Stages {
		if s.Target == "" {
			judge.subjects = append(judge.subjects, b.subjects(s.Name)...)
			continue
		}
		deployer.subjects = append(deployer.subjects, b.subjects(s.Name)...)
		tester.subjects = append(tester.subjects, b.subjects(s.Name+"-tests")...)
		judge.subjects = append(judge.subjects, b.subjects(s.Name+"-judge")...)
		if t := b.file.Targets[s.Target]; t.Cloud() && !t.Dev {
			deploys, tests = append(deploys, deployed(t)), append(tests, Tests(t))
			if b.watched(t.Name) {
				watches = append(watches, Tests(t))
			}
		}
	}
	deployer.inline = takes(append(deploys, tests...))
	tester.inline, judge.inline = takes(tests), takes(watches)
	jobs := []*role{deployer, tester, judge}
	for _, r := range jobs {
		r.subjects = sorted(r.subjects)
		if arn := b.file.Store.Role; arn != "" {
			r.inline = append(r.inline, takes([]string{arn})...)
		} else {
			r.inline = append(r.inline, writes...)
		}
		a.keys = append(a.keys, key{id: r.id + "Key", alias: r.name(), role: r.id, about: "Signs for " + r.name(), policy: signing})
	}
	if arn := b.file.Store.Role; arn != "" {
		r := a.add("Store", arn, "Writes and reads evidence")
		r.inline = append(r.inline, writes...)
		for _, job := range jobs {
			r.callers = append(r.callers, job.arn)
		}
	}
}

// takes permits to assume roles.
func takes(arns []string) []object {
	if len(arns) == 0 {
		return nil
	}
	return []object{{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": sorted(arns)}}
}

// writer is what adapters/s3store says of its role: writes, never deletes.
func (a *account) writer(name, prefix string) []object {
	arn := "arn:" + a.partition + ":s3:::" + name
	objects := arn + "/*"
	if prefix != "" {
		objects = arn + "/" + prefix + "/*"
	}
	return []object{
		{"Sid": "WriteAndRead", "Effect": "Allow", "Action": []string{"s3:PutObject", "s3:GetObject"}, "Resource": objects},
		{"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn},
		{"Sid": "Check", "Effect": "Allow", "Resource": arn,
			"Action": []string{"s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketPublicAccessBlock"}},
	}
}

// evidence is the bucket with the policy of adapters/s3store.
func (a *account) evidence(name string) *bucket {
	arn := "arn:" + a.partition + ":s3:::" + name
	return &bucket{name: name, policy: document([]object{
		{"Sid": "NobodyDeletes", "Effect": "Deny", "Principal": "*", "Resource": arn + "/*",
			"Action": []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"}},
		{"Sid": "NobodyOverwrites", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": arn + "/*",
			"Condition": object{"Null": object{"s3:if-none-match": "true"}}},
		{"Sid": "EncryptedOnTheWay", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []string{arn, arn + "/*"},
			"Condition": object{"Bool": object{"aws:SecureTransport": "false"}}},
	})}
}

// signing is the policy of a key: one administers and cannot sign, one signs.
func signing(administrator, signer any) object {
	return document([]object{
		{"Sid": "Administer", "Effect": "Allow", "Principal": object{"AWS": administrator}, "Resource": "*",
			"Action": []string{"kms:Describe*", "kms:Get*", "kms:List*", "kms:PutKeyPolicy", "kms:DisableKey", "kms:EnableKey",
				"kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription",
				"kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"}},
		{"Sid": "Sign", "Effect": "Allow", "Principal": object{"AWS": signer}, "Action": "kms:Sign", "Resource": "*",
			"Condition": object{"StringEquals": object{"kms:SigningAlgorithm": "ECDSA_SHA_256"}}},
		{"Sid": "Know", "Effect": "Allow", "Principal": object{"AWS": signer}, "Action": []string{"kms:GetPublicKey", "kms:DescribeKey"}, "Resource": "*"},
	})
}
