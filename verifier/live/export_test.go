package live

const MaxRemembered = maxRemembered

// Remembered returns how many answers are remembered.
func (c *Checker) Remembered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.final)
}
