//! Where on Earth a picture was taken: [`Position`].

/// A point on Earth (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Degrees to the north, times 10⁷.
    latitude: i32,
    /// Degrees to the east, times 10⁷.
    longitude: i32,
}

/// Mean radius of the Earth.
const EARTH_KM: f64 = 6371.0;

impl Position {
    /// The point at `latitude` and `longitude` in degrees; none if they are out of range.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let fits = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        #[expect(clippy::cast_possible_truncation, reason = "180 × 10⁷ fits")]
        fits.then(|| Self {
            latitude: (latitude * 1e7).round() as i32,
            longitude: (longitude * 1e7).round() as i32,
        })
    }

    /// Degrees to the north.
    #[must_use]
    pub fn latitude(self) -> f64 {
        f64::from(self.latitude) / 1e7
    }

    /// Degrees to the east.
    #[must_use]
    pub fn longitude(self) -> f64 {
        f64::from(self.longitude) / 1e7
    }

    /// The point on a globe of radius 1: where the equator meets the prime meridian, the east, the north.
    #[must_use]
    pub fn on_globe(self) -> [f32; 3] {
        let (latitude, longitude) = (self.latitude().to_radians(), self.longitude().to_radians());
        let point = [
            latitude.cos() * longitude.cos(),
            latitude.cos() * longitude.sin(),
            latitude.sin(),
        ];
        #[expect(
            clippy::cast_possible_truncation,
            reason = "half a metre is exact enough"
        )]
        point.map(|x| x as f32)
    }

    /// The distance to `other` along the surface, in kilometres.
    #[must_use]
    pub fn km_to(self, other: Self) -> f64 {
        let (a, b) = (self.latitude().to_radians(), other.latitude().to_radians());
        let east = (other.longitude() - self.longitude()).to_radians();
        let half = |angle: f64| (angle / 2.0).sin().powi(2);
        let h = half(b - a) + a.cos() * b.cos() * half(east);
        2.0 * EARTH_KM * h.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_on_a_globe() {
        let at = |latitude, longitude| Position::new(latitude, longitude).expect("on Earth");
        let (rome, paris) = (at(41.89, 12.48), at(48.86, 2.35));
        assert!((rome.km_to(paris) - 1106.0).abs() < 5.0);
        let over_the_date_line = at(0.0, 179.9).km_to(at(0.0, -179.9));
        assert!((over_the_date_line - 22.2).abs() < 0.1);
        assert!((at(90.0, 0.0).km_to(at(-90.0, 77.0)) - 20_015.0).abs() < 1.0);
        assert_eq!(Position::new(90.1, 0.0), None);
        assert_eq!(Position::new(f64::NAN, 0.0), None);
    }
}
