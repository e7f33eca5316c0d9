package ui

import "strconv"

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
)

func highest(bars []Bar) int64 {
	var top int64
	for _, b := range bars {
		top = max(top, b.Good+b.Bad)
	}
	return top
}

// height scales a count to the chart. A count above nothing is seen: it is at least one unit high.
func height(n, top int64) int64 {
	if n == 0 || top == 0 {
		return 0
	}
	return max(1, int64(float64(n)/float64(top)*barHeight))
}

func chartBox(bars []Bar) string {
	return "0 0 " + strconv.Itoa(max(1, len(bars)*barStep-(barStep-barWidth))) + " " + strconv.Itoa(barHeight+1)
}

func px(n int64) string { return strconv.FormatInt(n, 10) }
