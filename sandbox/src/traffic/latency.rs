//! How latencies spread over a histogram's buckets, given their 99th percentile.
//!
//! Log-normal, as latencies are; pure arithmetic.

/// Upper bounds of the buckets, in seconds. They go beyond five seconds, so that an alert at 5 s can fire.
pub(crate) const BOUNDS: [f64; 13] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 6.0, 7.5, 10.0];

const SIGMA: f64 = 0.8;
/// Of the standard normal distribution, 99 % lie below this.
const Z99: f64 = 2.326_347_9;

/// The share of requests in each bucket (not cumulative), the last one above all bounds.
pub(crate) fn shares(p99: f64) -> [f64; BOUNDS.len() + 1] {
    let mut shares = [0.0; BOUNDS.len() + 1];
    let mut below = 0.0;
    for (share, bound) in shares.iter_mut().zip(BOUNDS) {
        let cumulative = normal((bound.ln() - location(p99)) / SIGMA);
        *share = cumulative - below;
        below = cumulative;
    }
    shares[BOUNDS.len()] = 1.0 - below;
    shares
}

/// The mean latency, in seconds.
pub(crate) fn mean(p99: f64) -> f64 {
    (location(p99) + SIGMA * SIGMA / 2.0).exp()
}

fn location(p99: f64) -> f64 {
    p99.ln() - Z99 * SIGMA
}

/// The standard normal distribution function, to about seven digits (Abramowitz and Stegun 26.2.17).
fn normal(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let poly = t
        * (0.319_381_530
            + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly;
    if x >= 0.0 { 1.0 - tail } else { tail }
}
