package main

import "time"

// demoChance makes the company's days uneven, and the same ones at every start. It can be predicted: nothing secret is ever
// drawn from it. It is SplitMix64.
type demoChance uint64

func (c *demoChance) next() uint64 {
	*c += 0x9e3779b97f4a7c15
	z := uint64(*c)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// share is between 0 and 1, without 1.
func (c *demoChance) share() float64 { return float64(c.next()>>11) / (1 << 53) }

// between is between two numbers, without the second.
func (c *demoChance) between(low, high float64) float64 { return low + c.share()*(high-low) }

// below is one of 0 to n-1.
func (c *demoChance) below(n int) int { return int(c.share() * float64(n)) }

// around stretches a time to between half and one and a half of itself.
func (c *demoChance) around(d time.Duration) time.Duration {
	return time.Duration(float64(d) * c.between(0.5, 1.5))
}
