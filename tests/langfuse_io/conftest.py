from tests.emulator.fixtures import either_emulator, emulator, new_emulator

__all__ = ["either_emulator", "emulator", "new_emulator"]
