package patient

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

// TestSiteSaysHowStrongASignHasToBe: what raises no flag by default does where the site says so.
func TestSiteSaysHowStrongASignHasToBe(t *testing.T) {
	page := func(at, left schemas.Millis, further ...schemas.Touchpoint) []schemas.Touchpoint {
		return append([]schemas.Touchpoint{webStep("", at, schemas.WebEventArticleView, "symptoms/chest-pain", ""),
			webStep("", at+left, schemas.WebEventPageView, "home", "")}, further...)
	}
	result := ehrStep("", noon-100*schemas.Hour, schemas.EhrEventResultFinal, "R04")
	result.Body.Ehr.Status = "abnormal_critical"
	about := webStep("", noon-schemas.Minute, schemas.WebEventPageView, "billing/statement", "R07")
	for name, c := range map[string]struct {
		steps []schemas.Touchpoint
		set   func(c *siteConfig)
	}{
		"read_for":     {page(noon-2*schemas.Minute, 3*schemas.Second), func(c *siteConfig) { c.Flags.ReadFor = 2 * schemas.Second }},
		"moved_on":     {page(noon-2*schemas.Minute, 9*schemas.Second, about, about), func(c *siteConfig) { c.Flags.MovedOn = 4 }},
		"page_before":  {page(noon-40*schemas.Minute, schemas.Minute), func(c *siteConfig) { c.Flags.PageBefore = schemas.Hour }},
		"told_before":  {[]schemas.Touchpoint{webStep("", noon-3*schemas.Hour, schemas.WebEventSearch, "symptoms/chest-pain", "")}, func(c *siteConfig) { c.Flags.ToldBefore = 4 * schemas.Hour }},
		"harm_before":  {[]schemas.Touchpoint{webStep("", noon-30*schemas.Hour, schemas.WebEventSearch, "symptoms/suicide", "")}, func(c *siteConfig) { c.Flags.HarmBefore = 40 * schemas.Hour }},
		"grave":        {[]schemas.Touchpoint{webStep("", noon-90*schemas.Minute, schemas.WebEventArticleView, "symptoms/stroke", ""), webStep("", noon-80*schemas.Minute, schemas.WebEventPageView, "home", "")}, func(c *siteConfig) { c.Flags.PageBeforeGrave = 2 * schemas.Hour }},
		"critical_for": {[]schemas.Touchpoint{result}, func(c *siteConfig) { c.Flags.CriticalFor = 5 * schemas.Day }},
	} {
		flagged := func(change func(c *siteConfig)) bool {
			r := newRig(t, change)
			for _, tp := range c.steps {
				r.touch(pat, tp)
			}
			r.touch(pat, callStep("", noon, schemas.CallEventQueued, "call-1"))
			list := r.inputs()
			return len(list[len(list)-1].Decision.RedFlags) > 0
		}
		if before, after := flagged(nil), flagged(c.set); before || !after {
			t.Errorf("%s: flagged %v by default, %v as the site says", name, before, after)
		}
	}
}
