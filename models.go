package attune

import (
	"fmt"
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/naivebayes"
	"github.com/attune-health/attune/operators/predict/softmax"
)

// ModelNames are the families of models that a site can choose from, the default one first.
var ModelNames = []string{"softmax", "naive-bayes"}

// ModelFamily is the family of that name.
func ModelFamily(name string) (predict.Family, error) {
	switch slices.Index(ModelNames, name) {
	case 0:
		return softmax.Family{}, nil
	case 1:
		return naivebayes.Family{}, nil
	}
	return nil, fmt.Errorf("model %q: must be one of %s", name, strings.Join(ModelNames, ", "))
}
