package models_test

import (
	"testing"

	"keydesk/models"
)

// TestNamesOfAuditTrails are those that Yandex documents; a reader of its trails finds our events by them.
func TestNamesOfAuditTrails(t *testing.T) {
	for action, event := range map[string]string{
		"account.create": "CreateServiceAccount", "account.update": "UpdateServiceAccount", "account.delete": "DeleteServiceAccount",
		"account.suspend": "SuspendServiceAccount", "account.reactivate": "ReactivateServiceAccount",
		"key.create": "CreateApiKey", "key.update": "UpdateApiKey", "key.revoke": "DeleteApiKey",
	} {
		if a, known := models.ActionOf(action); !known || a.EventType() != "yandex.cloud.audit.iam."+event {
			t.Errorf("%s is %s (%v)", action, a.EventType(), known)
		}
	}
}

func TestAnActionThatNobodyKnows(t *testing.T) {
	for name, event := range map[string]string{"key.copy": "CopyKey", "scope.set_mode": "SetModeScope", "odd": "Odd", "": ""} {
		a, known := models.ActionOf(name)
		if known || a.Did != name || a.Event != event {
			t.Errorf("%q is %+v (%v), want %s", name, a, known, event)
		}
	}
}
