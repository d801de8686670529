package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// trusted looks at who signs here and whom the trust file trusts.
func (a *app) trusted(ctx context.Context, s *archive) (all []finding) {
	const own = "gate key makes one for this machine; --trust names one that somebody else keeps"
	n, err := a.notary(ctx, s)
	switch {
	case err != nil:
		return []finding{broken("trust", err, "look at --key and --trust, at STAGEGATE_KEY and STAGEGATE_TRUST, and at the store")}
	case n.Trust == nil:
		return []finding{{"trust", false, "there is no trust file: no later stage accepts what is run here", own}}
	}
	all = append(all, finding{"trust", true, fmt.Sprintf("trust file %s: places %s", n.Trust.Digest.Short(), strings.Join(slices.Sorted(maps.Keys(n.Trust.Places)), ", ")), ""})
	if n.Signer == nil {
		return append(all, finding{"key", true, "there is no key: what is run here is not signed", ""})
	}
	may := mayDo(n)
	if len(may) == 0 {
		return append(all, finding{"key", false, fmt.Sprintf("the trust file does not know key %.12s: what it signs counts nowhere", n.Signer.KeyID()), "name its public key under signers of the trust file"})
	}
	return append(all, finding{"key", true, "may " + strings.Join(may, "; "), ""})
}

// mayDo is what the key of n may sign, place by place.
func mayDo(n notary.Notary) (all []string) {
	for _, place := range slices.Sorted(maps.Keys(n.Trust.Places)) {
		var roles []string
		for _, role := range []trustfile.Role{trustfile.Begin, trustfile.Test, trustfile.Decide, trustfile.Approve} {
			if slices.ContainsFunc(n.Trust.For(place, role), func(s trustfile.Signer) bool { return s.ID == n.Signer.KeyID() }) {
				roles = append(roles, string(role))
			}
		}
		if len(roles) > 0 {
			all = append(all, strings.Join(roles, ", ")+" on "+place)
		}
	}
	return all
}
