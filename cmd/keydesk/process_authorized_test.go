package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestAuthorizedKeys: a command makes a key file that clients read, lists the key without its private half, and ends it.
func TestAuthorizedKeys(t *testing.T) {
	in := onSQLite(t)
	in.keydesk("account", "create", "--name", "terraform", "--role", "editor")
	made := in.keydesk("account", "authorized-key", "create", "terraform", "--description", "CI of billing")
	var file map[string]string
	oneValue(t, made.out, &file)
	line := "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <" + file["id"] + ">\n-----BEGIN PRIVATE KEY-----\n"
	if made.status != exitDone || file["key_algorithm"] != "RSA_2048" || !strings.HasPrefix(file["private_key"], line) ||
		!strings.HasPrefix(file["public_key"], "-----BEGIN PUBLIC KEY-----") || strings.Contains(made.err, "PRIVATE") {
		t.Errorf("status %d, %v, standard error %q", made.status, file, made.err)
	}
	var list []authorizedKeyJSON
	listed := in.keydesk("account", "authorized-key", "list", file["service_account_id"], "--json")
	if err := json.Unmarshal([]byte(listed.out), &list); err != nil || len(list) != 1 || list[0].ID != file["id"] || list[0].Description != "CI of billing" || list[0].LastUsedAt != nil {
		t.Errorf("%v: %s", err, listed.out)
	}
	if strings.Contains(listed.out+in.keydesk("account", "authorized-key", "list", "terraform").out, "PRIVATE") {
		t.Error("the list has a private half")
	}
	if got := in.keydesk("account", "authorized-key", "delete", file["id"]); got.status != exitDone || !strings.Contains(got.err, "is deleted") {
		t.Errorf("status %d, %q", got.status, got.err)
	}
	in.keydesk("account", "authorized-key", "delete", file["id"]).refusedWith(t, exitRefused)
	in.keydesk("account", "authorized-key", "create", "nobody-here").refusedWith(t, exitRefused)
	in.keydesk("account", "authorized-key", "create", "terraform", "--algorithm", "RSA_1024").refusedWith(t, exitUsage)
}

// TestANameOfSeveralFolders: an account is made in a folder, and what two folders have is named by its id alone.
func TestANameOfSeveralFolders(t *testing.T) {
	in := onSQLite(t)
	var first, second accountJSON
	oneValue(t, in.keydesk("account", "create", "--name", "orders-api", "--role", "editor", "--json").out, &first)
	in.keydesk("account", "create", "--name", "orders-api", "--folder", "b1gnone0000000000000").refusedWith(t, exitRefused)
	var made folderJSON
	oneValue(t, in.keydesk("folder", "create", "--name", "team-b", "--json").out, &made)
	folder := made.ID
	if got := in.keydesk("folder", "list"); !strings.Contains(got.out, "team-b") || !strings.Contains(got.out, "default") {
		t.Errorf("the folders are %q", got.out)
	}
	oneValue(t, in.keydesk("account", "create", "--name", "orders-api", "--folder", folder, "--role", "editor", "--json").out, &second)
	if second.FolderID != folder || second.ID == first.ID {
		t.Errorf("%+v", second)
	}
	in.keydesk("key", "create", "--account", "orders-api", "--scope", "yc.postbox.send").refusedWith(t, exitRefused, "Name it by its id")
	if got := in.keydesk("key", "create", "--account", second.ID, "--scope", "yc.postbox.send"); got.status != exitDone {
		t.Errorf("by its id: status %d, %s", got.status, got.err)
	}
}
