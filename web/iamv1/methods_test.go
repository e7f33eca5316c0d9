package iamv1

import (
	"strings"
	"testing"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc"

	"keydesk/models"
)

// TestEveryMethodDeclaresItself shows that the server is not made where a registered method is missing in the table, where a
// line has no method, or where a line says too little. That the table as it is fits is shown by every test that makes one.
func TestEveryMethodDeclaresItself(t *testing.T) {
	const get, create = iam.ApiKeyService_Get_FullMethodName, iam.ApiKeyService_Create_FullMethodName
	services := map[string]grpc.ServiceInfo{"yandex.cloud.iam.v1.ApiKeyService": {Methods: []grpc.MethodInfo{{Name: "Get"}, {Name: "Create"}}}}
	line, made := method{asks: models.KeysView, does: reads}, method{asks: models.KeysCreate, does: creates, makes: apiKeyType}
	for name, tc := range map[string]struct {
		table map[string]method
		says  string
	}{
		"all is there":               {map[string]method{get: line, create: made}, ""},
		"a method is missing":        {map[string]method{get: line}, "declares no permission"},
		"a line has no method":       {map[string]method{get: line, create: made, "/yandex.cloud.iam.v1.ApiKeyService/Steal": line}, "Steal"},
		"a line without permission":  {map[string]method{get: {does: reads}, create: made}, "incomplete"},
		"a permission that none has": {map[string]method{get: {asks: "keys.steal", does: reads}, create: made}, "incomplete"},
		"a line without effect":      {map[string]method{get: {asks: models.KeysView}, create: made}, "incomplete"},
		"what it makes is not said":  {map[string]method{get: line, create: {asks: models.KeysCreate, does: creates}}, "incomplete"},
	} {
		t.Run(name, func(t *testing.T) {
			err := complete(tc.table, services)
			if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("the table is judged %v, want %q", err, tc.says)
			}
		})
	}
}
