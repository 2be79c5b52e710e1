"""What lets requests through, or turns them away."""


class TokenBucket:
    """`rate` a second, `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._filled_at = 0.0

    def tokens(self, now: float) -> float:
        self._tokens = min(self._burst, self._tokens + self._rate * (now - self._filled_at))
        self._filled_at = now
        return self._tokens

    def take(self, now: float, tokens: float = 1) -> bool:
        if self.tokens(now) < tokens:
            return False
        self._tokens -= tokens
        return True


class Shaper:
    """Delays what comes faster than its quota, and loses nothing."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = 0.0

    def delay(self, now: float) -> float:
        self._free_at = max(now, self._free_at) + 1 / self._rate
        return self._free_at - now
