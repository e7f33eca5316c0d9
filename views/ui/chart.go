package ui

import (
	"fmt"
	"strconv"
	"strings"
)

// Bar is one column of a chart: good below, bad on top.
type Bar struct {
	Label     string // "2026-11-23"
	Good, Bad int64
}

// Geometry of the chart, in its own units: it scales with its box.
const (
	barStep   = 10
	barWidth  = 8
	barHeight = 48

	sparkStep   = 4
	sparkWidth  = 3
	sparkHeight = 19
)

func highest(bars []Bar) int64 {
	var top int64
	for _, b := range bars {
		top = max(top, b.Good+b.Bad)
	}
	return top
}

// height scales a count to the chart. A count above nothing is seen: it is at least one unit high.
func height(n, top int64) int64 { return scaled(n, top, barHeight) }

func scaled(n, top int64, most float64) int64 {
	if n == 0 || top == 0 {
		return 0
	}
	return max(1, int64(float64(n)/float64(top)*most))
}

func sparkBox(bars []Bar) string {
	return "0 0 " + strconv.Itoa(max(1, len(bars)*sparkStep-(sparkStep-sparkWidth))) + " " + strconv.Itoa(sparkHeight+1)
}

// sparkPath draws one part of every bar as one path, so that a page of fifty rows stays light: how much lies beneath the part,
// and how much it is.
func sparkPath(bars []Bar, part func(Bar) (beneath, is int64)) string {
	var d strings.Builder
	top := highest(bars)
	for i, b := range bars {
		beneath, is := part(b)
		if is == 0 {
			continue
		}
		foot := sparkHeight - scaled(beneath, top, sparkHeight)
		fmt.Fprintf(&d, "M%d %dv%dh%dv%dz", i*sparkStep, foot, -scaled(is, top, sparkHeight), sparkWidth, scaled(is, top, sparkHeight))
	}
	return d.String()
}

func chartBox(bars []Bar) string {
	return "0 0 " + strconv.Itoa(max(1, len(bars)*barStep-(barStep-barWidth))) + " " + strconv.Itoa(barHeight+1)
}

func px(n int64) string { return strconv.FormatInt(n, 10) }
