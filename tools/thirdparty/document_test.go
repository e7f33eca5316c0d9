package main

import (
	"strings"
	"testing"
)

const mit = "Permission is hereby granted, free of charge, to any person\nobtaining a copy."

func TestDocument(t *testing.T) {
	text := string(document([]work{
		{name: "a.example/one", version: "v1.0.0", texts: []string{"MIT License\n\nCopyright (c) 2020 Ann\n\n" + mit}},
		{name: "a.example/two", version: "v2.0.0", texts: []string{"The MIT License (MIT)\nCopyright (c) 2021 Bo\r\n\r\n" + strings.ReplaceAll(mit, "\n", "\r\n")},
			notices: []string{"Made by Bo"}},
	}, []work{{name: "Axis", version: "1", what: "script", testsOnly: true, texts: []string{"Mozilla Public License Version 2.0"}}}))
	for _, want := range []string{
		"| a.example/one | v1.0.0 | MIT |", "- Copyright (c) 2020 Ann", "- Copyright (c) 2021 Bo", "Made by Bo",
		"Of a.example/one, a.example/two.", "| Axis | 1 | script | MPL-2.0 |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "Permission is hereby granted"); n != 1 {
		t.Errorf("the one licence text stands there %d times", n)
	}
}

func TestKinds(t *testing.T) {
	for name, text := range map[string]string{
		"Apache-2.0":     "Apache License\n   Version 2.0, January 2004",
		"BSD-3-Clause":   "Redistributions in binary form … Neither the name of",
		"BSD-2-Clause":   "Redistributions in binary form must",
		"ISC":            "for any purpose with or without fee is hereby granted, provided that the above",
		"0BSD":           "for any purpose with or\nwithout fee is hereby granted.",
		"ISC and MIT":    "with or without fee is hereby granted, provided that … Permission is hereby granted, free of charge",
		"OFL-1.1":        "This Font Software is licensed under the SIL Open Font License, Version 1.1.",
		"its own, below": "All rights reserved",
	} {
		if got := strings.Join(kindsOf(text), " and "); got != name {
			t.Errorf("%s is taken for %s", name, got)
		}
	}
}
