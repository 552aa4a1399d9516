"""Private keys of the simulated AWS: made of fixed primes, so that the same run has the same signatures."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

_EXPONENT: Final = 65537


def rsa_key_of(p: int, q: int) -> rsa.RSAPrivateKey:
    """The RSA key that two primes make; that they are primes is not checked, which takes long."""
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)
